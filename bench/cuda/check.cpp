// Every operation and variant of a device against the CPU device in F32.
#include <algorithm>
#include <cmath>
#include <set>

#include "round.h"
#include "sections.h"

namespace oct::bench {
namespace {

struct Expected {
  Host values;
  std::vector<bool> rounded;  // by the reference too: near a tie the two fall to different sides
  std::vector<std::vector<double>> slack;
};

// The F32 twin of a task on the CPU, with the same inputs. A reference of the task's own knows the type that it stands for.
Host on_cpu(const Device& cpu, const Task& task, const Task& twin, const Host& inputs) {
  Placed placed(cpu, twin);
  placed.write(twin, inputs);
  if (task.reference != nullptr) {
    task.reference(cpu, placed.tensors);
  } else {
    placed.prepare(twin);
    placed.run();
    cpu.synchronize();
  }
  return placed.read(twin);
}

// Of a sum of `terms` products, added in any order by two devices: the worst case for few terms, and for many what random signs of the
// roundings leave, a square root, with room (Higham & Mary 2019). Relative to the sum of magnitudes.
double sum_error(int64_t terms) {
  const auto n = static_cast<double>(terms);
  return 2 * std::min(n, 2 * std::sqrt(n) + 4) * kUnit;
}

Expected expect(const Device& cpu, const Task& task, const Task& twin, const Host& inputs) {
  Expected expected;
  expected.values = on_cpu(cpu, task, twin, inputs);
  for (size_t i = 0; i < inputs.size(); ++i) {
    expected.rounded.push_back(twin.operands[i].dtype == OCT_BF16);
    if (twin.operands[i].role == Role::input) expected.values[i] = inputs[i];
  }
  if (task.slack != nullptr) {
    expected.slack = task.slack(expected.values);
    return expected;
  }
  // Linear in each input: the same sums of magnitudes bound the error.
  Host magnitudes = inputs;
  for (Values& values : magnitudes) {
    for (float& value : values.floats) value = std::fabs(value);
  }
  const Host sums = on_cpu(cpu, task, twin, magnitudes);
  expected.slack.resize(sums.size());
  for (size_t i = 0; i < sums.size(); ++i) {
    for (const float sum : sums[i].floats) {
      expected.slack[i].push_back(sum_error(task.terms) * static_cast<double>(sum) + static_cast<double>(task.terms) * 0x1p-126);
    }
  }
  return expected;
}

std::string text(double value) {
  char buffer[40];
  snprintf(buffer, sizeof buffer, "%.9g", value);
  return buffer;
}

// "" or the worst difference of all outputs.
std::string difference(const Task& task, const Host& actual, const Expected& expected) {
  std::string worst;
  double most = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const Operand& operand = task.operands[i];
    if (operand.role == Role::input) continue;
    for (size_t j = 0; j < actual[i].bytes.size(); ++j) {
      if (actual[i].bytes[j] == expected.values[i].bytes[j]) continue;
      return operand.name + "[" + std::to_string(j) + "] is " + std::to_string(actual[i].bytes[j]) + ", expected " +
             std::to_string(expected.values[i].bytes[j]);
    }
    size_t wrong = 0;
    for (size_t j = 0; j < actual[i].floats.size(); ++j) {
      const auto is = static_cast<double>(actual[i].floats[j]);
      const float reference = expected.values[i].floats[j];
      const double slack = expected.slack[i][j];
      double should = static_cast<double>(reference);
      double tolerance = slack;
      if (operand.dtype == OCT_BF16 && slack == 0) {
        should = static_cast<double>(from_bf16(to_bf16(reference)));  // exact but for one rounding
      } else if (slack > 0) {
        tolerance += (expected.rounded[i] ? 2.02 : 1.01) * rounding(operand.dtype) * std::fabs(should);
      }
      const double error = std::fabs(is - should);
      if (error <= tolerance) continue;
      ++wrong;
      const double excess = std::isnan(error) ? INFINITY : error / std::max(tolerance, 1e-300);
      if (excess < most) continue;
      most = excess;
      worst = operand.name + "[" + std::to_string(j) + "] is " + text(is) + ", expected " + text(should) + " +- " + text(tolerance);
    }
    if (wrong > 0 && !worst.empty())
      worst += " (" + std::to_string(wrong) + " of " + std::to_string(actual[i].floats.size()) + " of " + operand.name + ")";
  }
  return worst;
}

// Whether the comparison sees one value of each output that is NaN, or wrong by a little more than is allowed.
bool sees_wrong_values(const Task& task, const Host& actual, const Expected& expected) {
  for (size_t i = 0; i < actual.size(); ++i) {
    if (task.operands[i].role == Role::input || actual[i].floats.empty()) continue;
    const size_t place = actual[i].floats.size() / 2;
    const auto should = static_cast<double>(expected.values[i].floats[place]);
    const double more = 1.5 * expected.slack[i][place] + 0x1p-5 * std::fabs(should) + 0x1p-120;
    for (const double wrong : {static_cast<double>(NAN), should + more}) {
      Host spoiled = actual;
      spoiled[i].floats[place] = static_cast<float>(wrong);
      if (difference(task, spoiled, expected).empty()) return false;
    }
  }
  return true;
}

bool same_bits(const Host& a, const Host& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t bytes = a[i].floats.size() * 4;
    if (a[i].bytes != b[i].bytes || (bytes > 0 && memcmp(a[i].floats.data(), b[i].floats.data(), bytes) != 0)) return false;
  }
  return true;
}

class Checker {
 public:
  Checker(const Device& device, const Device& cpu, const Options& options, Round* round, Counts* counts)
      : device_(device), cpu_(cpu), options_(options), round_(round), counts_(counts) {}

  void check(const Task& task, const Task& twin) {
    std::vector<std::string> variants = device_.variants(task.operation, task.pass);
    variants.insert(variants.begin(), "");
    check(task, twin, variants);
  }

  // By those variants that have run on no shape yet.
  void check_rest(const Task& task, const Task& twin) {
    std::vector<std::string> variants;
    for (const std::string& variant : device_.variants(task.operation, task.pass)) {
      if (ran_.count(task.operation + "." + task.pass + " by " + variant) == 0) variants.push_back(variant);
    }
    if (!variants.empty()) check(task, twin, variants);
  }

  // Variants that refused every shape they were given.
  void finish() {
    for (const auto& [what, reason] : refused_) {
      if (ran_.count(what) == 0) {
        counts_->skip(what, "no shape of this run suits it, as in: " + reason);
      } else {
        ++partly_;
      }
    }
    if (partly_ > 0) printf("%zu variants ran on some shapes and cannot run others; the device chooses among the rest\n", partly_);
  }

 private:
  void check(const Task& task, const Task& twin, const std::vector<std::string>& variants) {
    if (!round_->begin(task)) return;
    try {
      Placed placed(device_, task);
      for (int seed = 1; seed <= options_.seeds; ++seed) {
        const Host inputs = random_inputs(task, static_cast<uint64_t>(seed));
        Expected expected;
        for (const std::string& variant : variants) {
          if (!round_->wants(variant)) continue;
          const std::string name = name_of(task) + " seed " + std::to_string(seed) + (variant.empty() ? "" : " by " + variant);
          try {
            if (!run(task, &placed, inputs, variant)) continue;
            if (!know(task, twin, inputs, &expected)) break;
            judge(task, placed, inputs, expected, seed, variant, name);
          } catch (const std::exception& failure) {
            failed(name, failure);
            if (round_->lost()) return;
          }
        }
      }
      device_.use("");
    } catch (const std::exception& failure) {
      failed(name_of(task), failure);
    }
  }

  void failed(const std::string& name, const std::exception& failure) {
    counts_->fail(name + ": " + failure.what());
    round_->look(name);
  }

  // Whether the variant can.
  bool run(const Task& task, Placed* placed, const Host& inputs, const std::string& variant) {
    try {
      device_.use(variant);
      placed->prepare(task);
      placed->write(task, inputs);
      placed->run();
      device_.synchronize();
      return true;
    } catch (const Failure& failure) {
      if (failure.status != OCT_UNSUPPORTED) throw;
      unsupported(task.operation + "." + task.pass + (variant.empty() ? "" : " by " + variant), variant, failure.what());
      return false;
    }
  }

  // Whether the CPU gives what is expected.
  bool know(const Task& task, const Task& twin, const Host& inputs, Expected* expected) {
    if (!expected->values.empty()) return true;
    try {
      *expected = expect(cpu_, task, twin, inputs);
      return true;
    } catch (const std::exception& failure) {
      const auto* known = dynamic_cast<const Failure*>(&failure);
      known != nullptr && known->status == OCT_UNSUPPORTED
          ? counts_->skip(task.operation + "." + task.pass, std::string("no reference on the CPU: ") + failure.what())
          : counts_->fail(name_of(task) + " on the CPU: " + failure.what());
      return false;
    }
  }

  void unsupported(const std::string& what, const std::string& variant, const std::string& reason) {
    if (variant.empty()) {
      counts_->skip(what, reason);
    } else {
      refused_.emplace(what, reason);
    }
  }

  void judge(const Task& task, const Placed& placed, const Host& inputs, Expected expected, int seed, const std::string& variant,
             const std::string& name) {
    const Host actual = placed.read(task);
    if (task.adjust != nullptr) task.adjust(actual, &expected.values);
    const std::string wrong = difference(task, actual, expected);
    if (!wrong.empty()) {
      counts_->fail(name + ": " + wrong);
      return;
    }
    if (seed == 1 && variant.empty() && !sees_wrong_values(task, actual, expected)) {
      counts_->fail(name + ": a wrong value would not be seen");
      return;
    }
    // Twice the same: on a GPU alone, since the emulator runs in a fixed order of its own.
    if (!device_.emulated() && seed == 1) {
      placed.write(task, inputs);
      placed.run();
      device_.synchronize();
      if (!same_bits(actual, placed.read(task))) {
        counts_->fail(name + ": a second run gives other bits");
        return;
      }
    }
    ran_.insert(task.operation + "." + task.pass + (variant.empty() ? "" : " by " + variant));
    counts_->pass();
  }

  const Device& device_;
  const Device& cpu_;
  const Options& options_;
  Round* round_;
  Counts* counts_;
  std::map<std::string, std::string> refused_;
  std::set<std::string> ran_;
  size_t partly_ = 0;
};

}  // namespace

void check(const Device& device, const Options& options, Counts* counts) {
  const Device cpu("cpu");
  Round round("check", options.shapes, device, options, counts);
  Checker checker(device, cpu, options, &round, counts);
  Choice choice{options.shapes, options.batch > 0 ? options.batch : 1, options.small};
  const auto each = [&](const std::vector<Maker>& makers, double most_flops, const auto& body) {
    for (const Maker& make : makers) {
      for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
        const Task task = make(dtype);
        if (task.operands.empty() || !std::regex_search(name_of(task), options.matches)) continue;
        if (options.small && (task.flops > most_flops || task.bytes > most_flops / 10)) continue;
        body(task, make(OCT_F32));
      }
    }
  };
  std::set<std::string> problems;
  std::vector<Maker> makers = all_tasks(choice, &problems);
  for (const std::string& problem : problems) counts->fail(problem);
  // Where time may run out, every operation has had some of it.
  if (options.small) std::shuffle(makers.begin(), makers.end(), std::mt19937(1));
  each(makers, 3e6, [&](const Task& task, const Task& twin) { checker.check(task, twin); });
  if (options.small) {
    // Variants that none of the few shapes suited have the first of all that does.
    choice.small = false;
    each(all_tasks(choice, &problems), 2e7, [&](const Task& task, const Task& twin) { checker.check_rest(task, twin); });
  }
  round.finish();
  checker.finish();
}

}  // namespace oct::bench
