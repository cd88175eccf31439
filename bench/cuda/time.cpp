// Times of every variant, against the floor that the machine's own ceilings give.
#include <algorithm>
#include <cmath>
#include <ctime>

#include "clock.h"
#include "json.h"
#include "report.h"
#include "round.h"
#include "sections.h"

namespace oct::bench {
namespace {

// The first value that a program prints; "" without the program.
std::string first_line(const char* command) {
  std::string line;
  FILE* pipe = popen(command, "r");
  if (pipe == nullptr) return line;
  char buffer[256];
  if (fgets(buffer, sizeof buffer, pipe) != nullptr) line = buffer;
  pclose(pipe);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
  return line;
}

Report new_report(const Device& device) {
  Report report;
  const probes::Machine machine = device.machine();
  report.implementation = "octothorpe";
  report.device = machine.name;
  report.emulated = device.emulated();
  report.driver = device.emulated() ? "" : first_line("nvidia-smi --query-gpu=driver_version --format=csv,noheader 2>/dev/null");
  report.clocks =
      device.emulated()
          ? ""
          : first_line("nvidia-smi --query-gpu=clocks.sm,clocks.mem,clocks.max.sm,clocks.max.mem --format=csv,noheader 2>/dev/null");
  report.commit = first_line("git -C \"" OCT_ROOT "\" rev-parse --short=12 HEAD 2>/dev/null");
  char date[32];
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  strftime(date, sizeof date, "%Y-%m-%d", &parts);
  report.date = date;
  return report;
}

// Inputs of a task on the device: small ones from the host, as in 'check'; large ones by a kernel.
void fill(const Device& device, const Task& task, const Placed& placed) {
  for (size_t i = 0; i < task.operands.size(); ++i) {
    const Operand& operand = task.operands[i];
    const oct_tensor& tensor = placed.tensors[i];
    const int64_t count = elements(tensor);
    if (is_float(operand.dtype) && count > int64_t{1} << 20 && !device.emulated()) {
      need(device.library().fill(device.context(), operand.dtype, tensor.data, count, static_cast<uint32_t>(i) * 77777u + 1, operand.high));
    } else if (operand.role != Role::output) {
      Task one = task;
      one.operands = {operand};
      device.write(tensor, random_inputs(one, i + 1)[0]);
    }
  }
  device.synchronize();
}

class Timer {
 public:
  Timer(const Device& device, const Options& options, Round* round, Counts* counts)
      : device_(device), options_(options), round_(round), counts_(counts), clock_(device), report_(new_report(device)) {}

  // Copy: the larger of two sizes far above L2. Products: this library's best linear variant on a shape that fills any GPU.
  void measure_ceilings() {
    if (device_.emulated()) return;
    const size_t bytes = std::max<size_t>(size_t{1} << 30, 16 * device_.machine().l2_bytes);
    try {
      const Memory from(device_.context(), bytes);
      const Memory to(device_.context(), bytes);
      need(device_.library().fill(device_.context(), OCT_F32, from.data(), static_cast<int64_t>(bytes / 4), 5, 1));
      const Timing timing = clock_.time([&] { need(device_.library().copy(device_.context(), to.data(), from.data(), bytes)); }, true);
      const double rate = 2 * static_cast<double>(bytes) / timing.microseconds / 1e3;
      report_.ceilings.push_back({"copy kernel, 1 GiB", "copy", "", rate});
      printf("ceiling: copy kernel of %zu MiB: %.0f GB/s read and written\n", bytes >> 20, rate);
    } catch (const std::exception& failure) {
      counts_->fail(std::string("ceiling of copies: ") + failure.what());
      round_->look("the copies that are its ceiling");
    }
    for (const oct_dtype dtype : {OCT_BF16, OCT_F32}) {
      if (!round_->lost()) measure_products(dtype);
    }
  }

  void time(const Task& task) {
    if (!round_->begin(task)) return;
    const std::string pass = task.operation + "." + task.pass;
    try {
      std::vector<std::string> variants = device_.variants(task.operation, task.pass);
      variants.insert(variants.begin(), "");
      Placed placed(device_, task);
      fill(device_, task, placed);
      for (const std::string& variant : variants) {
        if (!round_->lost() && round_->wants(variant)) time(task, &placed, variant);
      }
      device_.use("");
    } catch (const std::exception& failure) {
      failed(task, pass, failure);
    }
    keep();
  }

  // After each task: what was measured is kept if the next one hangs.
  void keep() const {
    if (!options_.json.empty()) write_json(options_.json, to_json(report_));
  }

 private:
  void time(const Task& task, Placed* placed, const std::string& variant) {
    const std::string pass = task.operation + "." + task.pass + (variant.empty() ? "" : " by " + variant);
    try {
      device_.use(variant);
      placed->prepare(task);
      const auto call = [&] { placed->run(); };
      call();
      device_.synchronize();
      Record record{task, variant.empty() ? "chosen" : variant, {}, {}};
      record.warm = clock_.time(call, false);
      record.cold = device_.emulated() ? record.warm : clock_.time(call, true);
      print(record);
      report_.records.push_back(std::move(record));
      counts_->pass();
    } catch (const std::exception& failure) {
      if (status_of(failure) == OCT_UNSUPPORTED && !variant.empty()) {
        printf("%-100s %-45s cannot: %s\n", name_of(task).c_str(), variant.c_str(), failure.what());  // others can
      } else {
        failed(task, pass, failure);
      }
    }
  }

  static oct_status status_of(const std::exception& failure) {
    const auto* known = dynamic_cast<const Failure*>(&failure);
    return known != nullptr ? known->status : OCT_DEVICE_FAULT;
  }

  void failed(const Task& task, const std::string& pass, const std::exception& failure) {
    const oct_status status = status_of(failure);
    if (status == OCT_UNSUPPORTED || status == OCT_OUT_OF_MEMORY) {
      counts_->skip(pass, failure.what());
    } else {
      counts_->fail(name_of(task) + ": " + pass + ": " + failure.what());
    }
    if (status != OCT_UNSUPPORTED) round_->look(name_of(task) + ": " + pass);
  }

  void measure_products(oct_dtype dtype) {
    Task task = product_task(dtype);
    double best = 0;
    std::string name;
    try {
      std::vector<std::string> variants = device_.variants(task.operation, task.pass);
      variants.insert(variants.begin(), "");
      Placed placed(device_, task);
      fill(device_, task, placed);
      for (const std::string& variant : variants) {
        try {
          device_.use(variant);
          placed.prepare(task);
          const Timing timing = clock_.time([&] { placed.run(); }, true);
          const double rate = task.flops / timing.microseconds / 1e6;
          if (rate > best) {
            best = rate;
            name = variant.empty() ? "the chosen variant" : variant;
          }
        } catch (const Failure&) {
          round_->look("linear " + task.shape + " by " + variant);  // one that cannot: 'check' counts it
          if (round_->lost()) break;
        }
      }
      device_.use("");
    } catch (const Failure& failure) {
      counts_->skip("ceiling of products", failure.what());
    }
    if (best == 0) return;
    report_.ceilings.push_back({"octothorpe " + name + ", " + task.shape, "product", name_of(dtype), best});
    printf("ceiling: %s on linear %s %s: %.1f TFLOP/s\n", name.c_str(), name_of(dtype), task.shape.c_str(), best);
  }

  static Task product_task(oct_dtype dtype) {
    Task task;
    const int64_t b = 8192, d = 4096, v = 8192;
    task.operation = "linear";
    task.pass = "forward";
    task.shape = "B8192 D4096 V8192";
    task.dtype = dtype;
    task.flops = 2.0 * static_cast<double>(b * d * v);
    task.operands = {{"x", dtype, {b, d}, Role::input}, {"weight", dtype, {v, d}, Role::input}, {"y", dtype, {b, v}, Role::output}};
    task.prepare = [](const Device& device, const Tensors& t) {
      return Call(device, oct_linear_forward_args{.x = t[0], .weight = t[1], .bias = {}, .y = t[2]});
    };
    return task;
  }

  void print(const Record& record) const {
    if (device_.emulated()) {
      printf("%-100s %-45s emulated: not a speed\n", name_of(record.task).c_str(), record.variant.c_str());
    } else {
      const Floor floor = floor_of(report_.ceilings, name_of(record.task.dtype), record.task.bytes, record.task.flops);
      printf("%-100s %-45s cold %8.1f us (+-%.1f%%) warm %8.1f us  floor %8.1f us (%s), %3.0f%% of it\n", name_of(record.task).c_str(),
             record.variant.c_str(), record.cold.microseconds, record.cold.error * 100, record.warm.microseconds, floor.microseconds,
             floor.binds.c_str(), 100 * floor.microseconds / record.cold.microseconds);
    }
    fflush(stdout);
  }

  const Device& device_;
  const Options& options_;
  Round* round_;
  Counts* counts_;
  Clock clock_;
  Report report_;
};

Choice choice_of(const Options& options, bool emulated) {
  return {emulated ? options.shapes : "layer", options.batch > 0 ? options.batch : 128, options.small};
}

struct Named {
  Maker make;
  oct_dtype dtype;
};

// Those that match --filter.
std::vector<Named> matching(const Choice& choice, const Options& options, Counts* counts) {
  std::set<std::string> problems;
  std::vector<Named> found;
  for (const Maker& make : all_tasks(choice, &problems)) {
    for (const oct_dtype dtype : {OCT_BF16, OCT_F32}) {
      const Task task = make(dtype);
      if (!task.operands.empty() && std::regex_search(name_of(task), options.matches)) found.push_back({make, dtype});
    }
  }
  for (const std::string& problem : problems) counts->fail(problem);
  return found;
}

}  // namespace

void time_tasks(const Device& device, const Options& options, Counts* counts) {
  const Choice choice = choice_of(options, device.emulated());
  Round round("time", choice.shapes, device, options, counts);
  Timer timer(device, options, &round, counts);
  const std::vector<Named> tasks = matching(choice, options, counts);
  if (!tasks.empty()) timer.measure_ceilings();
  for (const Named& task : tasks) timer.time(task.make(task.dtype));
  round.finish();
  if (!tasks.empty()) timer.keep();
}

void list_tasks(const Options& options, Counts* counts) {
  Json all = Json::make_list();
  const Choice choice = choice_of(options, false);
  for (const Named& named : matching(choice, options, counts)) {
    const Task task = named.make(named.dtype);
    if (!options.json.empty()) printf("%s\n", name_of(task).c_str());
    all.list.push_back(to_json(task));
    counts->pass();
  }
  if (all.list.empty()) {
    count_none("list", no_task(choice.shapes, options), options, counts);
  } else if (options.json.empty()) {
    printf("%s\n", to_text(all).c_str());
  } else {
    write_json(options.json, all);
  }
}

}  // namespace oct::bench
