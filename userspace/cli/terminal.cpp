#include "cli/terminal.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace perfscope::cli {

bool stdout_is_terminal() { return ::isatty(STDOUT_FILENO) == 1; }

output::TextOptions text_options() {
  output::TextOptions options;
  if (!stdout_is_terminal()) return options;
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    options.width = std::clamp<std::size_t>(size.ws_col, 80, 160);
  const char* terminal = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  options.colour = terminal != nullptr && std::string(terminal) != "dumb" &&
                   (no_colour == nullptr || *no_colour == '\0');
  return options;
}

Result<int> print(const std::string& text) {
  ::signal(SIGPIPE, SIG_IGN);
  std::size_t written = 0;
  while (written < text.size()) {
    ssize_t count = ::write(STDOUT_FILENO, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EPIPE) return 0;
    if (count < 0) return errno_error(ErrorCode::kCannotWrite, "write to stdout", errno);
    written += static_cast<std::size_t>(count);
  }
  return 0;
}

}  // namespace perfscope::cli
