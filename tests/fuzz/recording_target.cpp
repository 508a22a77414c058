#include <cstdlib>
#include <string>

#include <unistd.h>

#include "fuzz/targets.h"
#include "model/view.h"
#include "output/report.h"
#include "store/reader.h"

namespace perfscope::fuzz {
namespace {

// SQLite wants a name that it can open again: no memfd.
class ScratchFile {
 public:
  explicit ScratchFile(std::string_view bytes) {
    int fd = ::mkstemp(path_.data());
    if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      std::abort();
    ::close(fd);
  }
  ~ScratchFile() {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path_ + suffix).c_str());
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/dev/shm/perfscope-fuzz-XXXXXX";
};

}  // namespace

void read_recording(std::string_view bytes) {
  ScratchFile file(bytes);
  Result<model::Profile> profile = store::read_profile(file.path());
  if (!profile) {
    // One line, and nothing in it that a terminal would obey.
    for (char byte : profile.error().message())
      if (static_cast<unsigned char>(byte) < ' ') std::abort();
    return;
  }
  for (const model::ViewSpec& spec : model::view_specs())
    (void)model::make_view(*profile, spec.name);
  output::Report report = output::make_report(*profile);
  output::report_as_text(report, {});
  output::report_as_json(report);
  (void)store::query(file.path(), "SELECT * FROM process_time LIMIT 10", [](const auto&) {});
}

}  // namespace perfscope::fuzz
