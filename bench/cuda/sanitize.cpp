// 'check' under compute-sanitizer.
#include <sys/wait.h>

#include <cstdlib>

#include "sections.h"

namespace oct::bench {
namespace {

std::string quoted(const std::string& text) {
  std::string all = "'";
  for (const char c : text) all += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return all + "'";
}

int exit_code(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

}  // namespace

void sanitize(const Options& options, const char* program, Counts* counts) {
  const char* folder = std::getenv("CUDA_HOME");
  const std::string tool = folder != nullptr ? std::string(folder) + "/bin/compute-sanitizer" : "compute-sanitizer";
  const std::string device = options.device.empty() ? "cuda:0" : options.device;
  for (const char* check : {"memcheck", "racecheck", "synccheck", "initcheck"}) {
    if (!options.tool.empty() && options.tool != check) continue;
    const std::string command = quoted(tool) + " --tool " + check + " --error-exitcode 99 --print-limit 20 " + quoted(program) +
                                " --section check --small --seeds 1 --device " + quoted(device) +
                                (options.filter.empty() ? "" : " --filter " + quoted(options.filter));
    if (exit_code("command -v " + quoted(tool) + " >/dev/null 2>&1") != 0) {
      counts->skip(std::string("compute-sanitizer ") + check, "not found; CUDA_HOME=FOLDER names its toolkit. It would run: " + command);
      continue;
    }
    if (device == "emulated") {
      counts->skip(std::string("compute-sanitizer ") + check, "the emulator has a checker of its own");
      continue;
    }
    printf("%s\n", command.c_str());
    fflush(stdout);
    const int code = exit_code(command);
    code == 0
        ? counts->pass()
        : counts->fail(std::string(check) + ": exit code " + std::to_string(code) + (code == 99 ? ", the tool's findings are above" : ""));
  }
}

}  // namespace oct::bench
