#include "base/log.h"

#include <memory>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "base/text.h"

namespace perfscope::log {

void configure(Level level) {
  spdlog::drop("perfscope");  // configured again once the command line is known
  auto logger = spdlog::stderr_color_st("perfscope");
  logger->set_pattern("%^perfscope: %v%$");
  logger->set_level(level == Level::kQuiet     ? spdlog::level::err
                    : level == Level::kVerbose ? spdlog::level::debug
                                               : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

// Messages quote names of files and processes, which may hold what takes over a terminal.
void debug(const std::string& message) { spdlog::debug("{}", printable(message)); }
void info(const std::string& message) { spdlog::info("{}", printable(message)); }
void warn(const std::string& message) { spdlog::warn("warning: {}", printable(message)); }
void error(const std::string& message) { spdlog::error("error: {}", printable(message)); }

}  // namespace perfscope::log
