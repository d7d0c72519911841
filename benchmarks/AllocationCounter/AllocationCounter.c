#define _GNU_SOURCE
#include "AllocationCounter.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

int64_t simk_thread_cpu_nanoseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return 0;
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void simk_buffer_output_by_lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }

#if defined(__GLIBC__)
// An executable's own definitions come before those of the C library, whose allocator is still there under
// these names. Frees need not be counted.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static _Atomic int64_t allocations;

static void count_allocation(void) { atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed); }

void *malloc(size_t size) {
    count_allocation();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    count_allocation();
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    count_allocation();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count_allocation();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) {
    count_allocation();
    void *block = __libc_memalign(alignment, size);
    if (block == NULL) return 12;  // ENOMEM
    *result = block;
    return 0;
}

int64_t simk_allocation_count(void) { return atomic_load_explicit(&allocations, memory_order_relaxed); }
#else
int64_t simk_allocation_count(void) { return -1; }
#endif
