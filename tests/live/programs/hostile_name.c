/*
 * hostile_name SECONDS: burns CPU under a name that would take over a terminal: escape sequences that
 * clear the screen and set the title, a C1 control, a newline, and bytes that are no UTF-8.
 */
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static volatile unsigned sink;

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 1;
  clock_t end = clock() + (clock_t)(seconds * CLOCKS_PER_SEC);
  prctl(PR_SET_NAME, "\x1b[2J\x1b]0;x\x07\n\x9b\xff<", 0, 0, 0);
  while (clock() < end)
    for (int i = 0; i < 100000; i++) sink += (unsigned)i;
  return 0;
}
