// Talk to the user on stderr. stdout carries data only.
#pragma once

#include <string>

namespace perfscope::log {

enum class Level { kQuiet, kNormal, kVerbose };

// Called before anything else talks, and again once the command line is known. Colours appear only
// when stderr is a terminal.
void configure(Level level);

void debug(const std::string& message);  // -v only
void info(const std::string& message);
void warn(const std::string& message);
void error(const std::string& message);  // shown even when quiet

}  // namespace perfscope::log
