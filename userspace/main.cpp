// perfscope: where did the time go, what is the bottleneck, what should be done about it.
//
//   record          capture/ drives probes/ and fills model/, which store/ writes slice by slice
//   report          output/report: the diagnosis, as text or JSON
//   flamegraph,
//   export          model/view selects and names, output/ writes
//   query, list     store/ by SQL; the tables of probes, outputs and views
//   doctor          capture/host_checks, and every probe tried for a moment
#include "capture/bpf_support.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  perfscope::capture::quiet_libbpf();
  return perfscope::cli::run(argc, argv);
}
