// User stacks of real programs, built without frame pointers, reach their root: on and off the CPU.
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr double kComplete = 99.0;

std::string output_of(const std::string& command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::string text;
  std::array<char, 4096> block{};
  while (std::size_t got = std::fread(block.data(), 1, block.size(), pipe.get()))
    text.append(block.data(), got);
  return text;
}

// A program that runs while it lives.
class Running {
 public:
  explicit Running(std::vector<std::string> command) {
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      if (std::freopen("/dev/null", "w", stdout) == nullptr) ::_exit(1);
      ::execvp(arguments[0], arguments.data());
      ::_exit(127);
    }
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  bool alive() const { return ::waitpid(pid_, nullptr, WNOHANG) == 0; }

 private:
  pid_t pid_;
};

// Samples by where their stacks end: "cpu.root" -> count.
using Ends = std::map<std::string, uint64_t>;

Ends record(pid_t pid, const std::string& options) {
  const std::string file = "unwind." + std::to_string(::getpid()) + ".perfscope";
  const std::string program = PERFSCOPE_PROGRAM;
  output_of(program + " -q record -F 499 -d 2 -o " + file + " -p " + std::to_string(pid) + " " +
            options);
  std::istringstream lines(output_of(
      program + " query " + file +
      " \"select substr(key, 12) || ' ' || value from facts where key like 'unwind.end.%.%'\""));
  Ends ends;
  std::string name;
  uint64_t count = 0;
  std::string heading;
  std::getline(lines, heading);
  while (lines >> name >> count) ends[name] = count;
  std::remove(file.c_str());
  return ends;
}

double complete_percent(const Ends& ends, const std::string& metric, uint64_t& samples) {
  uint64_t complete = 0;
  samples = 0;
  for (const auto& [name, count] : ends) {
    if (!name.starts_with(metric + ".")) continue;
    samples += count;
    if (name.ends_with(".root") || name.ends_with(".zero")) complete += count;
  }
  return samples == 0 ? 0 : 100.0 * static_cast<double>(complete) / static_cast<double>(samples);
}

std::string describe(const Ends& ends) {
  std::string text;
  for (const auto& [name, count] : ends) text += name + " " + std::to_string(count) + "  ";
  return text;
}

void expect_complete(const std::vector<std::string>& command, const std::string& options = "") {
  if (output_of("command -v " + command[0]).empty()) GTEST_SKIP() << command[0] << " is not here";
  Running program(command);
  ::usleep(700'000);  // loaded and started
  ASSERT_TRUE(program.alive());
  Ends ends = record(program.pid(), options);
  for (const char* metric : {"cpu", "offcpu"}) {
    uint64_t samples = 0;
    double percent = complete_percent(ends, metric, samples);
    std::printf("%-16s %-7s %6lu samples, %6.2f %% complete\n", command[0].c_str(), metric, samples,
                percent);
    EXPECT_GE(percent, kComplete) << metric << ": " << describe(ends);
    EXPECT_GT(samples, 20U) << metric;
  }
}

TEST(Stacks, Torture) { expect_complete({TORTURE_PROGRAM, "20"}); }

TEST(Stacks, TortureOnRawTracepoints) {
  expect_complete({TORTURE_PROGRAM, "20"}, "--raw-tracepoints");
}

TEST(Stacks, Python) {
  expect_complete({"/usr/bin/python3", "-c",
                   "import json, re, time\n"
                   "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
                   "while True:\n"
                   "  s = json.dumps({str(i): [i] * 9 for i in range(300)})\n"
                   "  json.loads(s); re.findall(r'(\\d+)', s); fib(14); time.sleep(0.001)\n"});
}

TEST(Stacks, Perl) {
  expect_complete({"perl", "-e",
                   "sub f { my $n = shift; $n < 2 ? $n : f($n - 1) + f($n - 2) }"
                   "while (1) { my @a = sort { $a <=> $b } map { ($_ * 7) % 999 } 1 .. 2000;"
                   "f(12); select(undef, undef, undef, 0.001) }"});
}

TEST(Stacks, Node) {
  expect_complete({"node", "-e",
                   "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }"
                   "function turn() { const o = {}; for (let i = 0; i < 300; i++) o['k' + i] = i;"
                   "JSON.parse(JSON.stringify(o)).k1; fib(18); setTimeout(turn, 1) } turn()"});
}

// Frame pointers alone lose what the tables find: else these tests would prove nothing.
TEST(Stacks, FramePointersAreJudgedByNobody) {
  Running program({TORTURE_PROGRAM, "20"});
  ::usleep(300'000);
  Ends ends = record(program.pid(), "--unwind fp");
  EXPECT_GT(ends["cpu.walked"], 20U);
  EXPECT_FALSE(ends.contains("cpu.root"));
}

}  // namespace
