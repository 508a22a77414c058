// How perfscope refuses: one line on stderr, nothing on stdout, a documented exit code.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "support/recordings.h"

namespace perfscope::test {

// docs/exit-codes.md.
enum ExitCode {
  kFailed = 1,
  kUsage = 2,
  kBadInput = 3,
  kNotPermitted = 4,
  kNoTarget = 5,
  kCannotWrite = 6
};

// Exactly one line, "perfscope: error: …", printable, with every one of `words` in it.
testing::AssertionResult is_one_error(const CommandResult& result, int exit_code,
                                      const std::vector<std::string>& words = {});
testing::AssertionResult refuses(const Command& arguments, int exit_code,
                                 const std::vector<std::string>& words = {},
                                 const CommandOptions& options = {});

}  // namespace perfscope::test
