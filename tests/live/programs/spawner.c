/*
 * spawner N PROGRAM: starts PROGRAM N times, one after the other, as fast as it can, and prints how
 * many of them exited with 0.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int count = argc > 2 ? atoi(argv[1]) : 0, fine = 0;
  for (int i = 0; i < count; i++) {
    pid_t pid;
    int status = 1;
    char *arguments[] = {argv[2], NULL};
    if (posix_spawn(&pid, argv[2], NULL, NULL, arguments, environ) != 0) continue;
    waitpid(pid, &status, 0);
    fine += status == 0;
  }
  printf("%d\n", fine);
  return 0;
}
