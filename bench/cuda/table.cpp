// One Markdown table of all reports: each task's best variant of ours, the best of the others, the floor.
#include <algorithm>
#include <set>

#include "files.h"
#include "json.h"
#include "report.h"
#include "sections.h"

namespace oct::bench {
namespace {

struct Best {
  std::string variant;
  double cold = 0, warm = 0;
};

struct Row {
  Json task;
  std::map<std::string, Best> best;  // by implementation
  double chosen = 0;                 // ours, by itself, cold
};

std::string number(double value, const char* format) {
  char buffer[40];
  snprintf(buffer, sizeof buffer, format, value);
  return buffer;
}

std::string microseconds(double value) { return value == 0 ? "-" : number(value, value < 100 ? "%.1f" : "%.0f"); }

struct Merged {
  std::map<std::string, Row> rows;
  std::vector<std::string> order;
  std::vector<Ceiling> ceilings;
  std::set<std::string> heads;  // lines on device, driver, clocks, commit
  std::set<std::string> devices;
  bool emulated = false;
};

void merge(const Json& report, Merged* all) {
  const std::string implementation = report["implementation"].text;
  const bool ours = implementation == "octothorpe";
  if (!report["note"].text.empty()) all->emulated = true;
  std::string head;
  for (const char* name : {"device", "driver", "clocks", "commit", "version", "date"}) {
    const std::string value = report[name].text;
    if (!value.empty()) head += (head.empty() ? "" : ", ") + std::string(name) + " " + value;
  }
  all->heads.insert(implementation + ": " + head);
  all->devices.insert(report["device"].text);
  for (const Json& c : report["ceilings"].list)
    all->ceilings.push_back({c["name"].text, c["kind"].text, c["dtype"].text, c["rate"].number});
  for (const Json& record : report["records"].list) {
    const std::string key = record["operation"].text + "." + record["pass"].text + " " + record["dtype"].text + " " + record["shape"].text;
    if (all->rows.count(key) == 0) all->order.push_back(key);
    Row& row = all->rows[key];
    if (ours || row.task.kind == Json::Kind::null) row.task = record;
    const double cold = record["cold_us"].number;
    if (cold <= 0) continue;
    if (ours && record["variant"].text == "chosen") row.chosen = cold;
    Best& best = row.best[implementation];
    if (best.cold == 0 || cold < best.cold) best = {record["variant"].text, cold, record["warm_us"].number};
  }
}

std::string line_of(const std::string& key, const Row& row, const Merged& all) {
  const auto found = row.best.find("octothorpe");
  const Best ours = found == row.best.end() ? Best{} : found->second;
  std::string peer_name;
  Best peer;
  for (const auto& [name, best] : row.best) {
    if (name != "octothorpe" && (peer.cold == 0 || best.cold < peer.cold)) {
      peer = best;
      peer_name = name;
    }
  }
  const Floor floor = floor_of(all.ceilings, row.task["dtype"].text, row.task["bytes"].number, row.task["flops"].number);
  std::string line = "| " + key + " | ";
  if (all.emulated) return line + (ours.variant.empty() ? "-" : ours.variant) + " | emulated: not a speed | - | - | - | - | - | - | - |\n";
  line += (ours.variant.empty() ? "-" : ours.variant) + " | " + microseconds(ours.cold) + " | " + microseconds(ours.warm) + " | " +
          microseconds(row.chosen) + " | ";
  line += (peer.cold == 0 ? "-" : peer_name + " " + peer.variant) + " | " + microseconds(peer.cold) + " | " +
          (peer.cold > 0 && ours.cold > 0 ? number(peer.cold / ours.cold, "%.2f") : "-") + " | ";
  line += microseconds(floor.microseconds) + " (" + (floor.microseconds > 0 ? floor.binds : "no ceiling") + ") | " +
          (ours.cold > 0 && floor.microseconds > 0 ? number(100 * floor.microseconds / ours.cold, "%.0f %%") : "-") + " |\n";
  return line;
}

}  // namespace

void table(const Options& options, Counts* counts) {
  if (options.files.empty()) throw Failure(OCT_INVALID_ARGUMENT, "table: no JSON files were given");
  Merged all;
  for (const std::string& file : options.files) {
    try {
      const Json report = read_json(file);
      if (report["format"].text != "octothorpe-bench 1")
        throw Failure(OCT_CORRUPT_DATA, file + " is not a report of octo_bench or peers.py");
      merge(report, &all);
      counts->pass();
    } catch (const Failure& failure) {
      counts->fail(std::string("table without one file: ") + failure.what());
    }
  }
  if (all.devices.empty()) throw Failure(OCT_CORRUPT_DATA, "table: none of the files can be read");
  if (all.devices.size() > 1) {
    std::string names;
    for (const std::string& name : all.devices) names += (names.empty() ? "" : ", ") + name;
    throw Failure(OCT_INVALID_ARGUMENT, "table: reports of several devices cannot be compared: " + names);
  }
  std::string text = "# " + *all.devices.begin() + "\n\n";
  for (const std::string& head : all.heads) text += "* " + head + "\n";
  std::set<std::string> ceilings;  // several runs measured each: all are kept, the best counts
  for (const Ceiling& ceiling : all.ceilings) {
    ceilings.insert("* ceiling, " + ceiling.name + (ceiling.dtype.empty() ? "" : " " + ceiling.dtype) + ": " +
                    number(ceiling.rate, ceiling.kind == "copy" ? "%.0f GB/s read and written" : "%.1f TFLOP/s") + "\n");
  }
  for (const std::string& line : ceilings) text += line;
  text +=
      "\nTimes in microseconds, medians; L2 cold unless it says warm. The floor is bytes (each tensor once) over the best copy or FLOPs "
      "over "
      "the\nbest product of the type, whichever is larger. Ratio: the fastest other over ours, above 1 where ours is faster.\n\n"
      "| task | our fastest variant | cold | warm | what the device chooses, cold | fastest other | cold | ratio | floor (binds) | of the "
      "floor |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const std::string& key : all.order) {
    if (std::regex_search(key, options.matches)) text += line_of(key, all.rows[key], all);
  }
  if (options.markdown.empty()) {
    fputs(text.c_str(), stdout);
    return;
  }
  write_file(options.markdown, text);
}

}  // namespace oct::bench
