// The functions that libFuzzer calls and the corpus test replays: any bytes may come in, nothing
// but an answer or an error may come out.
#pragma once

#include <string_view>

namespace perfscope::fuzz {

void demangle_name(std::string_view bytes);
void symbolize_elf(std::string_view bytes);
void unwind_elf(std::string_view bytes);
void symbolize_perf_map(std::string_view bytes);
void symbolize_kallsyms(std::string_view bytes);
void read_recording(std::string_view bytes);

}  // namespace perfscope::fuzz
