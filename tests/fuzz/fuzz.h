/*
 * A fuzz target is one function: any input must come through it without a crash, and expect() says
 * what must hold besides.
 */
#ifndef CAMNODE_TESTS_FUZZ_FUZZ_H
#define CAMNODE_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As assert(), but in every kind of build. */
static inline void expect(bool condition)
{
	if (!condition)
		abort();
}

#endif
