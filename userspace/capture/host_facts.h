// What a reader of a recording wants to know of the host that it was made on.
#pragma once

#include <map>
#include <string>

namespace perfscope::capture {

// host.name, host.kernel, host.arch, host.os, host.cpus_online, host.memory_bytes, host.boot_id.
std::map<std::string, std::string> host_facts();

// Now, in UTC, ISO 8601.
std::string utc_now();

}  // namespace perfscope::capture
