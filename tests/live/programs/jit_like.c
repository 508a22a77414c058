/*
 * jit_like SECONDS: copies machine code into anonymous executable memory and burns CPU there, as a JIT
 * compiler's output does. Writes no perf map; prints its process id.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
#if defined(__x86_64__)
  /* mov ecx, 1000000; 1: dec ecx; jnz 1b; ret */
  static const uint8_t code[] = {0xb9, 0x40, 0x42, 0x0f, 0x00, 0xff, 0xc9, 0x75, 0xfc, 0xc3};
#elif defined(__aarch64__)
  /* mov w0, #0xf0000; 1: subs w0, w0, #1; b.ne 1b; ret */
  static const uint32_t code[] = {0x52a001e0, 0x71000400, 0x54ffffe1, 0xd65f03c0};
#endif
  double seconds = argc > 1 ? atof(argv[1]) : 1;
  void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  memcpy(memory, code, sizeof(code));
  if (mprotect(memory, 4096, PROT_READ | PROT_EXEC) != 0) return 1;
  __builtin___clear_cache(memory, (char *)memory + sizeof(code));
  printf("%d %lx\n", getpid(), (unsigned long)memory);
  fflush(stdout);
  clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
  while (clock() < end) ((void (*)(void))(uintptr_t)memory)();
  return 0;
}
