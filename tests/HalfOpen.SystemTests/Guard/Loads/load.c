/* Programs of a user for tests of attribution and sharing: many copies that make dead attempts, executables that live
 * for one attempt, and a browser. Each mode becomes the user first; children end with their parent.
 *   load dead ATTEMPTS FIRST               ATTEMPTS connects to silent hosts from number FIRST on, then waits for ever
 *   load churn OUT MS FIRST                OUT connects to silent hosts at any time, each ended after MS ms
 *   load churns USER COUNT OUT MS FOLDER   COUNT hard links of this file in FOLDER, each run as "churn"
 *   load copies USER COUNT ATTEMPTS FOLDER [CGROUPS]
 *                                          COUNT hard links of this file in FOLDER, each run as "dead"; with CGROUPS (a
 *                                          cgroup2 folder of the caller's) each in a cgroup of its own
 *   load shots USER COUNT FOLDER           COUNT executables one after the other, 50 at a time, one connect of 0.5 s each
 *   load page USER CONNECTS PATIENCE       CONNECTS connects at once to hosts that answer; prints how many connected
 *                                          within PATIENCE ms, and the ms and us until the last did
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SILENT 0x0A4F0000u /* 10.79.0.0/16 */
#define ALIVE 0x0A4E0000u  /* 10.78.0.0/16 */

static void fail(const char *what) { perror(what); exit(1); }

static void become(const char *user)
{
    uid_t id = (uid_t)strtoul(user, NULL, 10);
    if (setresgid(id, id, id) || setresuid(id, id, id)) fail("setresuid");
    prctl(PR_SET_DUMPABLE, 1);
}

static int begin(uint32_t network, uint32_t host, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(network + 256 + host % 60000)};
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0) fail("socket");
    if (connect(s, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) fail("connect");
    return s;
}

static long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

static long now_ms(void) { return now_us() / 1000; }

static void dead(int attempts, uint32_t first)
{
    for (int i = 0; i < attempts; i++) begin(SILENT, first + (uint32_t)i, 80);
    for (;;) pause();
}

static void churn(int out, long ms, uint32_t first)
{
    int sockets[1024];
    long since[1024];
    if (out > 1024) out = 1024;
    for (int i = 0; i < out; i++) sockets[i] = begin(SILENT, first++, 80), since[i] = now_ms() - i * ms / out; /* not all at once */
    for (;;) {
        long now = now_ms();
        for (int i = 0; i < out; i++) {
            if (now - since[i] < ms) continue;
            close(sockets[i]);
            sockets[i] = begin(SILENT, first++, 80);
            since[i] = now;
        }
        usleep(2000);
    }
}

/* A child that runs FOLDER/name as the user; it ends with us. */
static pid_t run(const char *user, const char *folder, const char *kind, int number, const char *cgroups, char *const arguments[])
{
    char self[4096], name[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) fail("readlink");
    self[length] = 0;
    snprintf(name, sizeof name, "%s/%s-%d", folder, kind, number);
    if (link(self, name) && errno != EEXIST) fail(name);
    pid_t child = fork();
    if (child) return child;
    if (cgroups) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s-%d", cgroups, kind, number);
        if (mkdir(file, 0755) && errno != EEXIST) fail(file);
        strcat(file, "/cgroup.procs");
        int procs = open(file, O_WRONLY);
        if (procs < 0 || write(procs, "0", 1) != 1) fail(file);
        close(procs);
    }
    become(user);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execv(name, arguments);
    fail(name);
    return -1;
}

static void copies(char **a, const char *cgroups)
{
    int count = atoi(a[1]);
    for (int i = 0; i < count; i++) {
        char first[16];
        snprintf(first, sizeof first, "%d", i * atoi(a[2]));
        run(a[0], a[3], "copy", i, cgroups, (char *[]){"copy", "dead", a[2], first, NULL});
    }
    for (;;) pause();
}

static void churns(char **a)
{
    int count = atoi(a[1]);
    for (int i = 0; i < count; i++) {
        char first[16];
        snprintf(first, sizeof first, "%d", i * 1000);
        run(a[0], a[4], a[0], i, NULL, (char *[]){"churn", "churn", a[2], a[3], first, NULL});
    }
    for (;;) pause();
}

static void shots(char **a)
{
    int count = atoi(a[1]), alive = 0;
    for (int i = 0; i < count; i++) {
        char first[16], old[4096];
        snprintf(first, sizeof first, "%d", i);
        if (alive == 50 && wait(NULL) > 0) alive--;
        run(a[0], a[2], "shot", i, NULL, (char *[]){"shot", "shot", first, NULL});
        alive++;
        snprintf(old, sizeof old, "%s/shot-%d", a[2], i - 100);
        if (i >= 100) unlink(old);
    }
    while (wait(NULL) > 0) {}
}

static void page(int connects, long patience)
{
    struct pollfd wait_for[256];
    long began = now_us(), start = began / 1000, last = began;
    int done = 0;
    if (connects > 256) connects = 256;
    for (int i = 0; i < connects; i++) wait_for[i] = (struct pollfd){begin(ALIVE, (uint32_t)(getpid() % 200 * 256 + i), 80), POLLOUT, 0};
    while (done < connects && now_ms() - start < patience) {
        poll(wait_for, (nfds_t)connects, (int)(patience - (now_ms() - start)) + 1);
        for (int i = 0; i < connects; i++) {
            if (wait_for[i].fd >= 0 && wait_for[i].revents) {
                wait_for[i].fd = -1;
                last = now_us();
                done++;
            }
        }
    }
    printf("%d %ld %ld\n", done, (last - began) / 1000, last - began);
}

int main(int count, char **a)
{
    if (count == 4 && !strcmp(a[1], "dead")) dead(atoi(a[2]), (uint32_t)atoi(a[3]));
    else if (count == 5 && !strcmp(a[1], "churn")) churn(atoi(a[2]), atol(a[3]), (uint32_t)atoi(a[4]));
    else if (count == 7 && !strcmp(a[1], "churns")) churns(a + 2);
    else if ((count == 6 || count == 7) && !strcmp(a[1], "copies")) copies(a + 2, count == 7 ? a[6] : NULL);
    else if (count == 3 && !strcmp(a[1], "shot")) { begin(SILENT, (uint32_t)atoi(a[2]), 80); usleep(500000); }
    else if (count == 5 && !strcmp(a[1], "shots")) shots(a + 2);
    else if (count == 5 && !strcmp(a[1], "page")) { become(a[2]); page(atoi(a[3]), atol(a[4])); }
    else { fprintf(stderr, "load: see its first lines\n"); return 2; }
    return 0;
}
