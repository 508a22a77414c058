// What perfscope has loaded into the kernel, as bpftool sees it.
#pragma once

#include <string>

#include <sys/types.h>

namespace perfscope::test {

// "prog cpu_sample (12) map stacks (34)": programs and maps with names of perfscope's that no
// process other than this one holds. What other recordings on the host hold does not count.
std::string kernel_objects_of(pid_t pid);

}  // namespace perfscope::test
