#include "options.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace oct::bench {
namespace {

const char* const kHelp =
    R"(octo_bench: is the CUDA device right, and how fast is it, against the limit and against others?

  octo_bench --section NAME [options]

Sections
  vectors    wrappers of cuda/include/gpu, one instruction each, on given bits. --write DIR keeps what this device answers;
             --check DIR compares this device with what another answered (default: cuda/vectors). On the emulator without
             --check: the format's own test.
  check      every operation, pass and variant against the CPU device in F32; prints what is wrong, then counts.
  sanitize   'check' on a few small shapes under compute-sanitizer's four tools.
  time       every variant: cold and warm L2, bytes and FLOPs, the floor that follows from ceilings measured in this run.
  list       the tasks of 'time' as JSON, for peers.py.
  table      merges JSON files of 'time' and peers.py into one Markdown table.

Options
  --device NAME       cuda:0, cuda:1, ... or emulated. Default: cuda:0 if there is one, else emulated.
  --filter REGEX      of names such as 'grouped_conv.forward bf16 N128 56x56 C256 K256 G32 3x3 s1 p1'
  --variant REGEX     of variants' names; 'chosen' is what the device chooses by itself
  --shapes test|layer lines of tests/shapes (OCT_SHAPES=FOLDER names others). Default: test; 'layer' for time and list on a GPU
  --batch N           images of a 'layer' line. Default: 128 for time and list, 1 for check
  --seeds N           check: inputs of so many seeds, at most 1000. Default: 2
  --small             a few shapes of each operation, none of them large
  --minutes N         time: stops after so many and counts what is left as skipped. Default: 4.5
  --allow-none        where no task matches --filter and --variant, that is a skip and no failure
  --tool NAME         sanitize: memcheck, racecheck, synccheck or initcheck alone
  --json FILE         time, list: the records
  --markdown FILE     table: the file; default: standard output
  --write DIR, --check DIR   vectors
  FILE...             table: JSON files

Examples
  octo_bench --section check --filter '^softmax' --shapes layer
  octo_bench --section time --filter 'grouped_conv.forward bf16 .* G32 3x3' --json forward.json
  octo_bench --section time --device emulated --small        # runs everywhere; its times say nothing of a GPU
  octo_bench --section vectors --write cuda/vectors          # on a GPU: once a wrapper changed
Exit code: 0 if nothing failed, 1 if something did, 2 for a wrong argument. The last line is 'N passed, N failed, N skipped'.
)";

[[noreturn]] void wrong(const std::string& text) {
  fprintf(stderr, "octo_bench: %s; --help tells more\n", text.c_str());
  exit(2);
}

std::regex regex_of(const char* option, const std::string& text) {
  try {
    return std::regex(text, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    wrong(std::string(option) + " is '" + text + "', which is not a regular expression: " + error.what());
  }
}

double number_of(const std::string& option, const std::string& text, double least) {
  char* end = nullptr;
  const double value = strtod(text.c_str(), &end);
  if (end == text.c_str() || *end != 0 || !(value >= least)) {
    wrong(option + " is '" + text + "', but must be a number of at least " + std::to_string(least));
  }
  return value;
}

int64_t integer_of(const std::string& option, const std::string& text, int64_t most) {
  char* end = nullptr;
  errno = 0;
  const long long value = strtoll(text.c_str(), &end, 10);
  if (end == text.c_str() || *end != 0 || errno != 0 || value < 1 || value > most) {
    wrong(option + " is '" + text + "', but must be an integer in [1," + std::to_string(most) + "]");
  }
  return value;
}

}  // namespace

Options read_options(int count, char** arguments) {
  Options options;
  if (count < 2) {
    fputs(kHelp, stdout);
    exit(2);
  }
  for (int i = 1; i < count; ++i) {
    const std::string option = arguments[i];
    const auto value = [&]() -> std::string {
      if (++i >= count) wrong(option + " needs a value");
      return arguments[i];
    };
    if (option == "--help" || option == "-h") {
      fputs(kHelp, stdout);
      exit(0);
    } else if (option == "--section") {
      options.section = value();
    } else if (option == "--device") {
      options.device = value();
    } else if (option == "--filter") {
      options.filter = value();
    } else if (option == "--variant") {
      options.variant_filter = value();
    } else if (option == "--shapes") {
      options.shapes = value();
      if (options.shapes != "test" && options.shapes != "layer") wrong("--shapes is '" + options.shapes + "', but must be test or layer");
    } else if (option == "--batch") {
      options.batch = integer_of(option, value(), 1000000);
    } else if (option == "--seeds") {
      options.seeds = static_cast<int>(integer_of(option, value(), 1000));
    } else if (option == "--small") {
      options.small = true;
    } else if (option == "--minutes") {
      options.minutes = number_of(option, value(), 0);
    } else if (option == "--allow-none") {
      options.allow_none = true;
    } else if (option == "--tool") {
      options.tool = value();
      if (options.tool != "memcheck" && options.tool != "racecheck" && options.tool != "synccheck" && options.tool != "initcheck") {
        wrong("--tool is '" + options.tool + "', but must be memcheck, racecheck, synccheck or initcheck");
      }
    } else if (option == "--json") {
      options.json = value();
    } else if (option == "--markdown") {
      options.markdown = value();
    } else if (option == "--write") {
      options.write_vectors = value();
    } else if (option == "--check") {
      options.check_vectors = value();
    } else if (option.starts_with("-")) {
      wrong("there is no option " + option);
    } else {
      options.files.push_back(option);
    }
  }
  options.matches = regex_of("--filter", options.filter);
  options.variant_matches = regex_of("--variant", options.variant_filter);
  return options;
}

}  // namespace oct::bench
