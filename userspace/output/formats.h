// The writers behind output_formats(), one .cpp each. Private to this folder.
#pragma once

#include <string>

#include "base/result.h"
#include "output/writer.h"

namespace perfscope::output {

Result<std::string> write_folded(const model::View& view, const WriteOptions& options);
Result<std::string> write_pprof(const model::View& view, const WriteOptions& options);
Result<std::string> write_speedscope(const model::View& view, const WriteOptions& options);
Result<std::string> write_json(const model::View& view, const WriteOptions& options);
Result<std::string> write_csv(const model::View& view, const WriteOptions& options);
Result<std::string> write_svg(const model::View& view, const WriteOptions& options);
Result<std::string> write_html_view(const model::View& view, const WriteOptions& options);

}  // namespace perfscope::output
