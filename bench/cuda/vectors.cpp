// Golden vectors: what a device answers to the probes, kept and compared.
#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>

#include "files.h"
#include "round.h"
#include "sections.h"
#include "vector_file.h"

namespace oct::bench {
namespace {

namespace fs = std::filesystem;

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

// A fault spoils the device for all that follows.
bool lost(const Device& device, const std::string& after, Counts* counts) {
  if (device.answers()) return false;
  counts->fail("the device is lost after " + after + "; the rest is not run");
  return true;
}

// Runs the probes of one wrapper; false where the device is lost.
bool capture_wrapper(const Device& device, const std::vector<const probes::Probe*>& wanted, VectorFile* file, Counts* counts) {
  const probes::Machine machine = device.machine();
  file->device = machine.name;
  file->capability = machine.compute_capability;
  file->driver = machine.driver;
  file->date = today();
  for (const probes::Probe* probe : wanted) {
    if (!runs_on(*probe, machine)) {
      counts->skip(label(*probe), std::string("needs ") + (probe->wgmma ? "sm_90a" : "compute capability 9.0"));
      continue;
    }
    printf("%s\n", label(*probe).c_str());
    VectorCase c{probe->name, compare_text(*probe), probe->inputs(), {}};
    const std::string problem = probe->run(device.ordinal(), c.inputs, &c.outputs);
    if (problem.empty()) {
      file->cases.push_back(std::move(c));
      counts->pass();
    } else {
      counts->fail(label(*probe) + ": " + problem);
      if (lost(device, label(*probe), counts)) return false;
    }
  }
  return true;
}

// Runs every probe that this device has, a wrapper at a time, and gives `done` its file.
void capture(const Device& device, const Options& options, Counts* counts, const std::function<void(const VectorFile&)>& done) {
  std::map<std::string, std::vector<const probes::Probe*>> wrappers;
  for (const probes::Probe& probe : device.library().probes()) {
    if (std::regex_search(label(probe), options.matches)) wrappers[probe.wrapper].push_back(&probe);
  }
  if (wrappers.empty()) count_none("vectors", "no probe matches --filter '" + options.filter + "'", options, counts);
  for (auto wrapper = wrappers.begin(); wrapper != wrappers.end(); ++wrapper) {
    VectorFile file;
    file.wrapper = wrapper->first;
    const bool goes_on = capture_wrapper(device, wrapper->second, &file, counts);
    if (goes_on) {
      if (!file.cases.empty()) done(file);
      continue;
    }
    counts->skip("vectors", std::to_string(std::distance(wrapper, wrappers.end())) + " wrappers not captured: the device is lost");
    return;
  }
}

const probes::Probe* find(const Device& device, const std::string& wrapper, const std::string& name) {
  for (const probes::Probe& probe : device.library().probes()) {
    if (probe.wrapper == wrapper && probe.name == name) return &probe;
  }
  return nullptr;
}

// Compares this device with one case of a file; false where the device is lost.
bool compare(const Device& device, const VectorFile& file, const VectorCase& c, Counts* counts) {
  const probes::Machine machine = device.machine();
  const std::string name = "vectors " + file.wrapper + "." + c.name;
  const probes::Probe* probe = find(device, file.wrapper, c.name);
  if (probe == nullptr) {
    counts->fail(name + ": no such probe any more; capture the vectors again");
    return true;
  }
  if (!runs_on(*probe, machine)) {
    counts->skip(name, "this device has no such instruction");
    return true;
  }
  printf("%s\n", name.c_str());
  probes::Words outputs;
  const std::string problem = probe->run(device.ordinal(), c.inputs, &outputs);
  const std::string wrong = problem.empty() ? difference(*probe, c.outputs, outputs) : problem;
  if (wrong.empty()) {
    counts->pass();
    return true;
  }
  counts->fail(name + ": this device (" + machine.name + ") differs from " + file.device + " of " + file.date + ": " + wrong);
  return problem.empty() || !lost(device, name, counts);
}

void compare_folder(const Device& device, const Options& options, const fs::path& folder, Counts* counts) {
  std::vector<fs::path> paths;
  if (fs::is_directory(folder)) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".txt") paths.push_back(entry.path());
    }
  }
  if (paths.empty() && options.check_vectors.empty()) {
    counts->skip("vectors", "no vectors captured yet: on a GPU, octo_bench --section vectors --write cuda/vectors");
    return;
  }
  if (paths.empty()) throw Failure(OCT_INVALID_ARGUMENT, "--check is '" + folder.string() + "', but must be a folder with vectors, *.txt");
  std::sort(paths.begin(), paths.end());
  bool any = false;
  for (const fs::path& path : paths) {
    try {
      const VectorFile file = from_text(read_file(path.string()));
      for (const VectorCase& c : file.cases) {
        if (!std::regex_search("vectors " + file.wrapper + "." + c.name, options.matches)) continue;
        any = true;
        if (compare(device, file, c, counts)) continue;
        const auto left = paths.end() - std::find(paths.begin(), paths.end(), path);
        counts->skip("vectors", std::to_string(left) + " files not compared to their end: the device is lost");
        return;
      }
    } catch (const Failure& failure) {
      any = true;
      counts->fail(path.string() + ": " + failure.what());
    }
  }
  if (!any) count_none("vectors", "no case in " + folder.string() + " matches --filter '" + options.filter + "'", options, counts);
}

// The format's own test: what was captured is written, read and compared with itself; then one bit of each case is turned, and must be
// found, and so must a digit that changed on the disk.
void self_test(const VectorFile& file, const Device& device, Counts* counts) {
  const std::string& wrapper = file.wrapper;
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

}  // namespace

void vectors(const Device& device, const Options& options, Counts* counts) {
  if (!options.write_vectors.empty()) {
    if (device.emulated())
      printf("note: these are the emulator's answers, a test of the format; cuda/vectors takes those of a GPU alone\n");
    fs::create_directories(options.write_vectors);
    capture(device, options, counts, [&](const VectorFile& file) {
      write_file((fs::path(options.write_vectors) / (file.wrapper + ".txt")).string(), to_text(file));
    });
    return;
  }
  if (options.check_vectors.empty() && device.emulated())
    capture(device, options, counts, [&](const VectorFile& file) { self_test(file, device, counts); });
  compare_folder(device, options, options.check_vectors.empty() ? OCT_VECTORS : options.check_vectors, counts);
}

}  // namespace oct::bench
