// Somebody who owns a tree: moves FOLDER away and puts a link to TARGET in its place, the moment halfopen makes its first file in it; and back, again and again.
// swap-folder FOLDER TARGET
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char events[8192] __attribute__((aligned(8))), away[4096];
    int watch = inotify_init();
    if (argc < 3 || inotify_add_watch(watch, argv[1], IN_CREATE | IN_OPEN | IN_MOVED_TO) < 0) return 2;
    snprintf(away, sizeof away, "%s-moved", argv[1]);
    puts("ready");
    fflush(stdout);
    for (int swaps = 0;; swaps++) {
        if (read(watch, events, sizeof events) <= 0) return 3;
        if (rename(argv[1], away) != 0 || symlink(argv[2], argv[1]) != 0) return 4;
        if (swaps == 0) { puts("swapped"); fflush(stdout); }
        usleep(swaps * 37 % 500);
        unlink(argv[1]);
        rename(away, argv[1]);
    }
}
