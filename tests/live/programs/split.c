/*
 * split: a program that knows where its time went. Every worker burns 7 ms of CPU time in one function
 * and 3 ms in another, then sleeps 10 ms, again and again until it has burned S seconds of CPU time; at
 * its end the program prints what it measured itself, as JSON. CPU time is each thread's own clock, so
 * preemption does not spoil it, and a busy host makes the program last longer, not measure less.
 *
 *   split [--seconds S] [--threads N | --children N] [--fork-at S]
 *
 * Without options the main thread is the only worker. --fork-at forks one child after S of them, which
 * burns as much as the main thread does from there on.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_WORKERS = 64 };

struct worker {
  uint64_t begin_ns, end_ns; /* CLOCK_MONOTONIC */
  uint64_t cpu_ns;           /* of the whole thread, its start included */
  uint64_t seventy_ns, thirty_ns;
  uint64_t sleep_ns; /* measured around the sleeps: waiting for a CPU afterwards included */
  uint64_t asked_ns; /* what the sleeps were asked for: slept at least */
  int pid, tid;
};

static struct worker *workers; /* shared with children */
static int worker_count;
static uint64_t goal_ns; /* CPU time to burn, per worker */

static uint64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static volatile uint64_t sink;

__attribute__((noinline)) void burn_seventy(uint64_t until_ns) {
  while (now_ns(CLOCK_THREAD_CPUTIME_ID) < until_ns)
    for (int i = 0; i < 50000; i++) sink += (uint64_t)i;
}

__attribute__((noinline)) void burn_thirty(uint64_t until_ns) {
  while (now_ns(CLOCK_THREAD_CPUTIME_ID) < until_ns)
    for (int i = 0; i < 50000; i++) sink ^= (uint64_t)i;
}

__attribute__((noinline)) void rest(struct worker *self) {
  struct timespec time = {0, 10 * 1000 * 1000};
  uint64_t begin = now_ns(CLOCK_MONOTONIC);
  nanosleep(&time, NULL);
  self->sleep_ns += now_ns(CLOCK_MONOTONIC) - begin;
  self->asked_ns += (uint64_t)time.tv_nsec;
}

static void work(struct worker *self) {
  self->pid = getpid();
  self->tid = (int)syscall(SYS_gettid);
  if (!self->begin_ns) self->begin_ns = now_ns(CLOCK_MONOTONIC);
  while (self->seventy_ns + self->thirty_ns < goal_ns) {
    uint64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
    burn_seventy(begin + 7 * 1000 * 1000);
    uint64_t middle = now_ns(CLOCK_THREAD_CPUTIME_ID);
    burn_thirty(middle + 3 * 1000 * 1000);
    self->seventy_ns += middle - begin;
    self->thirty_ns += now_ns(CLOCK_THREAD_CPUTIME_ID) - middle;
    rest(self);
  }
  self->end_ns = now_ns(CLOCK_MONOTONIC);
  self->cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void *thread_main(void *worker) {
  work(worker);
  return NULL;
}

static void run_threads(int count) {
  pthread_t threads[MAX_WORKERS];
  for (int i = 0; i < count; i++)
    if (pthread_create(&threads[i], NULL, thread_main, &workers[worker_count++]) != 0) exit(1);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void start_child(void) {
  struct worker *worker = &workers[worker_count++];
  pid_t pid = fork();
  if (pid < 0) exit(1);
  if (pid > 0) return;
  work(worker);
  _exit(0);
}

static void run_children(int count) {
  for (int i = 0; i < count; i++) start_child();
  while (wait(NULL) > 0) {
  }
}

static void run_main(double fork_at) {
  struct worker *self = &workers[worker_count++];
  if (fork_at > 0) {
    uint64_t whole = goal_ns;
    goal_ns = (uint64_t)(fork_at * 1e9);
    work(self);
    goal_ns = whole - goal_ns;
    start_child();
    goal_ns = whole;
  }
  work(self);
  while (wait(NULL) > 0) {
  }
}

static void print_truth(void) {
  printf("{\"workers\": [");
  for (int i = 0; i < worker_count; i++) {
    const struct worker *w = &workers[i];
    printf("%s{\"pid\": %d, \"tid\": %d, \"begin_ns\": %lu, \"wall_ns\": %lu, \"cpu_ns\": %lu, "
           "\"seventy_ns\": %lu, \"thirty_ns\": %lu, \"sleep_ns\": %lu, \"asked_ns\": %lu}",
           i ? ", " : "", w->pid, w->tid, w->begin_ns, w->end_ns - w->begin_ns, w->cpu_ns,
           w->seventy_ns, w->thirty_ns, w->sleep_ns, w->asked_ns);
  }
  printf("]}\n");
}

int main(int argc, char **argv) {
  double seconds = 2, fork_at = 0;
  int threads = 0, children = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!strcmp(argv[i], "--seconds")) seconds = atof(argv[i + 1]);
    else if (!strcmp(argv[i], "--threads")) threads = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--children")) children = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--fork-at")) fork_at = atof(argv[i + 1]);
    else return 2;
  }
  if (threads > MAX_WORKERS || children > MAX_WORKERS) return 2;
  workers = mmap(NULL, MAX_WORKERS * sizeof(*workers), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (workers == MAP_FAILED) return 1;
  goal_ns = (uint64_t)(seconds * 1e9);
  if (threads) run_threads(threads);
  else if (children) run_children(children);
  else run_main(fork_at);
  print_truth();
  return 0;
}
