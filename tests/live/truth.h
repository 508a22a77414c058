// What tests/live/programs/split says about itself.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace perfscope::test {

struct Worker {
  pid_t pid;
  pid_t tid;
  double wall_ns;
  double cpu_ns;
  double seventy_ns;
  double thirty_ns;
  double sleep_ns;  // as it saw it: a wait for a CPU afterwards included
  double asked_ns;  // what it asked for

  double off_cpu_ns() const { return wall_ns - cpu_ns; }
};

// Parses the line that split prints. Throws when it is not there.
std::vector<Worker> parse_truth(const std::string& out);
Worker sum(const std::vector<Worker>& workers);

// The path of a truth program.
std::string program(const std::string& name);

}  // namespace perfscope::test
