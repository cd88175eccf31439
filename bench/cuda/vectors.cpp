// Golden vectors: what a device answers to the probes, kept and compared.
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "sections.h"
#include "vector_file.h"

namespace oct::bench {
namespace {

namespace fs = std::filesystem;
using Files = std::map<std::string, VectorFile>;

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[16];
  strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

bool runs_on(const probes::Probe& probe, const probes::Machine& machine) {
  return machine.compute_capability >= probe.capability && (machine.wgmma || !probe.wgmma);
}

std::string label(const probes::Probe& probe) { return "vectors " + probe.wrapper + "." + probe.name; }

// Runs every probe that this device has.
Files capture(const Device& device, const Options& options, Counts* counts) {
  const probes::Machine machine = device.machine();
  Files files;
  for (const probes::Probe& probe : device.library().probes()) {
    if (!std::regex_search(label(probe), options.matches)) continue;
    if (!runs_on(probe, machine)) {
      counts->skip(label(probe), std::string("needs ") + (probe.wgmma ? "sm_90a" : "compute capability 9.0"));
      continue;
    }
    VectorCase c{probe.name, compare_text(probe), probe.inputs(), {}};
    const std::string problem = probe.run(device.ordinal(), c.inputs, &c.outputs);
    if (!problem.empty()) {
      counts->fail(label(probe) + ": " + problem);
      continue;
    }
    VectorFile& file = files[probe.wrapper];
    file.wrapper = probe.wrapper;
    file.device = machine.name;
    file.capability = machine.compute_capability;
    file.driver = machine.driver;
    file.date = today();
    file.cases.push_back(std::move(c));
    counts->pass();
  }
  return files;
}

void write_all(const Files& files, const fs::path& folder) {
  fs::create_directories(folder);
  for (const auto& [wrapper, file] : files) {
    std::ofstream out(folder / (wrapper + ".txt"), std::ios::binary);
    out << to_text(file);
    if (!out.flush().good()) throw Failure(OCT_INVALID_ARGUMENT, "cannot write " + (folder / (wrapper + ".txt")).string());
  }
}

VectorFile read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return from_text(text.str());
}

const probes::Probe* find(const Device& device, const std::string& wrapper, const std::string& name) {
  for (const probes::Probe& probe : device.library().probes()) {
    if (probe.wrapper == wrapper && probe.name == name) return &probe;
  }
  return nullptr;
}

// Compares this device with one file; returns the number of cases that agree.
void compare(const Device& device, const Options& options, const VectorFile& file, Counts* counts) {
  const probes::Machine machine = device.machine();
  for (const VectorCase& c : file.cases) {
    const std::string name = "vectors " + file.wrapper + "." + c.name;
    if (!std::regex_search(name, options.matches)) continue;
    const probes::Probe* probe = find(device, file.wrapper, c.name);
    if (probe == nullptr) {
      counts->fail(name + ": no such probe any more; capture the vectors again");
    } else if (!runs_on(*probe, machine)) {
      counts->skip(name, "this device has no such instruction");
    } else {
      probes::Words outputs;
      const std::string problem = probe->run(device.ordinal(), c.inputs, &outputs);
      const std::string wrong = problem.empty() ? difference(*probe, c.outputs, outputs) : problem;
      if (wrong.empty()) {
        counts->pass();
      } else {
        counts->fail(name + ": this device (" + machine.name + ") differs from " + file.device + " of " + file.date + ": " + wrong);
      }
    }
  }
}

void compare_folder(const Device& device, const Options& options, const fs::path& folder, Counts* counts) {
  std::vector<fs::path> paths;
  if (fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".txt") paths.push_back(entry.path());
    }
  }
  if (paths.empty()) {
    counts->skip("vectors", "no vectors captured yet: on a GPU, octo_bench --section vectors --write cuda/vectors");
    return;
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    try {
      compare(device, options, read_file(path), counts);
    } catch (const Failure& failure) {
      counts->fail(path.string() + ": " + failure.what());
    }
  }
}

// The format's own test: what was captured is written, read and compared with itself; then one bit of each case is turned, and must be
// found, and so must a digit that changed on the disk.
void self_test(const Files& files, const Device& device, Counts* counts) {
  for (const auto& [wrapper, file] : files) {
    const std::string text = to_text(file);
    const VectorFile back = from_text(text);
    bool same = back.wrapper == wrapper && back.device == file.device && back.date == file.date && back.cases.size() == file.cases.size();
    for (size_t i = 0; same && i < back.cases.size(); ++i) {
      const VectorCase& a = back.cases[i];
      const VectorCase& b = file.cases[i];
      const probes::Probe* probe = find(device, wrapper, a.name);
      same = a.name == b.name && a.inputs == b.inputs && a.outputs == b.outputs && probe != nullptr &&
             difference(*probe, a.outputs, b.outputs).empty();
    }
    same ? counts->pass() : counts->fail("vectors " + wrapper + ": what was written is not what is read");
    for (const VectorCase& c : file.cases) {
      probes::Words corrupt = c.outputs;
      corrupt[corrupt.size() / 2] ^= 0x40000000u;  // an exponent's bit: beyond any bound
      difference(*find(device, wrapper, c.name), c.outputs, corrupt).empty()
          ? counts->fail("vectors " + wrapper + "." + c.name + ": a turned bit is not seen")
          : counts->pass();
    }
    std::string damaged = text;
    char& digit = damaged[damaged.rfind("checksum ") - 2];
    digit = digit == '0' ? '1' : '0';
    try {
      from_text(damaged);
      counts->fail("vectors " + wrapper + ": a digit that changed on the disk is not seen");
    } catch (const Failure&) {
      counts->pass();
    }
  }
}

}  // namespace

void vectors(const Device& device, const Options& options, Counts* counts) {
  if (!options.write_vectors.empty()) {
    if (device.emulated())
      printf("note: these are the emulator's answers, a test of the format; cuda/vectors takes those of a GPU alone\n");
    write_all(capture(device, options, counts), options.write_vectors);
    return;
  }
  if (options.check_vectors.empty() && device.emulated()) self_test(capture(device, options, counts), device, counts);
  compare_folder(device, options, options.check_vectors.empty() ? OCT_VECTORS : options.check_vectors, counts);
}

}  // namespace oct::bench
