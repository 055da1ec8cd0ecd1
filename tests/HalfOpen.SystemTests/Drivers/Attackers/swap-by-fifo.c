// Somebody who owns a folder: swaps the first file that halfopen makes for a pipe that nobody writes to.
// swap-by-fifo FOLDER
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char events[8192] __attribute__((aligned(8)));
    int watch = inotify_init();
    if (argc < 2 || inotify_add_watch(watch, argv[1], IN_CREATE) < 0 || chdir(argv[1]) != 0) return 2;
    puts("ready");
    fflush(stdout);
    for (;;) {
        int length = read(watch, events, sizeof events);
        for (char *at = events; at < events + length;) {
            struct inotify_event *event = (void *)at;
            if (event->len && strstr(event->name, "halfopen-")) {
                unlink(event->name);
                return mkfifo(event->name, 0666) == 0 ? (puts("swapped"), 0) : 3;
            }
            at += sizeof *event + event->len;
        }
    }
}
