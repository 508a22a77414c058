/*
 * paths N: sleeps a moment in N different stacks, told apart by the bits of a number.
 */
#include <stdlib.h>
#include <time.h>

static volatile unsigned depth_reached;

static void descend(unsigned path, unsigned left);

__attribute__((noinline)) static void zero(unsigned path, unsigned left) {
  descend(path, left);
  depth_reached++;
}

__attribute__((noinline)) static void one(unsigned path, unsigned left) {
  descend(path, left);
  depth_reached++;
}

__attribute__((noinline)) static void descend(unsigned path, unsigned left) {
  if (left == 0) {
    struct timespec moment = {0, 1};
    nanosleep(&moment, 0);
  } else if (path & 1) {
    one(path >> 1, left - 1);
  } else {
    zero(path >> 1, left - 1);
  }
  depth_reached++;
}

int main(int argc, char **argv) {
  unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
  for (unsigned path = 0; path < count; path++) descend(path, 17);
  return 0;
}
