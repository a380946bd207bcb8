/* The wall clock of a program, set from outside: nanoseconds since 1970 in the file that DAY_CLOCK names. Loaded before the C library
 * (LD_PRELOAD) by scripts/day-in-the-life, so that the program stands on the day of a recording, and that day may be as fast as is
 * wished. The clock that timers go by, CLOCK_MONOTONIC, is left alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *clock_ns;

__attribute__((constructor)) static void open_clock(void) {
    const char *path = getenv("DAY_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof *clock_ns, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED) clock_ns = page;
}

int clock_gettime(clockid_t id, struct timespec *out) {
    if (clock_ns && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
        int64_t ns = *clock_ns;
        out->tv_sec = ns / 1000000000;
        out->tv_nsec = ns % 1000000000;
        return 0;
    }
    return (int)syscall(SYS_clock_gettime, id, out);
}
