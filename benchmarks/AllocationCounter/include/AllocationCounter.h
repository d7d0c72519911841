// What the benchmark runner asks the system for.
#pragma once

#include <stdint.h>

/// The number of times this process has asked for heap memory, or -1 where that cannot be counted.
int64_t simk_allocation_count(void);

/// The processor time that the calling thread has used, in nanoseconds.
int64_t simk_thread_cpu_nanoseconds(void);

/// Writes standard output line by line, wherever it goes.
void simk_buffer_output_by_lines(void);
