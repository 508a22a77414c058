#include "e2e/cli/refusal.h"

#include <algorithm>

namespace perfscope::test {

testing::AssertionResult is_one_error(const CommandResult& result, int exit_code,
                                      const std::vector<std::string>& words) {
  auto breach = [&](const std::string& what) {
    return testing::AssertionFailure()
           << what << "; exit code " << result.exit_code << ", stderr:\n"
           << result.err << "stdout:\n"
           << result.out;
  };
  if (result.timed_out) return breach("does not end");
  if (result.exit_code != exit_code) return breach("not exit code " + std::to_string(exit_code));
  if (!result.out.empty()) return breach("something on stdout");
  if (!result.err.starts_with("perfscope: error: ")) return breach("no error first");
  if (std::count(result.err.begin(), result.err.end(), '\n') != 1 || !result.err.ends_with("\n"))
    return breach("not one line");
  auto is_control = [](unsigned char c) { return c < 0x20 && c != '\n'; };
  if (std::any_of(result.err.begin(), result.err.end(), is_control))
    return breach("control characters");
  for (const std::string& word : words)
    if (result.err.find(word) == std::string::npos) return breach("does not say '" + word + "'");
  return testing::AssertionSuccess();
}

testing::AssertionResult refuses(const Command& arguments, int exit_code,
                                 const std::vector<std::string>& words,
                                 const CommandOptions& options) {
  return is_one_error(run_perfscope(arguments, options), exit_code, words);
}

}  // namespace perfscope::test
