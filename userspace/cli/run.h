// Parses the command line and runs what it asks for.
#pragma once

namespace perfscope::cli {

// Returns the exit code. Errors are one line on stderr.
int run(int argc, char** argv);

}  // namespace perfscope::cli
