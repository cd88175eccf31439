// A task is one pass of one operation on one shape and type: its tensors, how to run it through the C contract on any device, the bytes
// and products that it cannot do without, and how far two devices may differ.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "call.h"
#include "shape_lines.h"

namespace oct::bench {

enum class Role { input, output, both };

struct Operand {
  std::string name;
  oct_dtype dtype;
  std::vector<int64_t> shape;
  Role role;
  float low = -1;  ///< floats are uniform in [low, high)
  float high = 1;
  std::function<std::vector<uint8_t>()> bytes = {};  ///< of integers: what it holds, made when it is needed
};

/// Values of all operands of a task, in their order.
using Host = std::vector<Values>;
using Tensors = std::vector<oct_tensor>;

struct Task {
  std::string operation;  ///< the contract's stem: "grouped_conv"
  std::string pass;       ///< as variants name it: "forward"
  std::string shape;      ///< in words, the same for every implementation
  oct_dtype dtype = OCT_F32;
  std::map<std::string, int64_t> numbers;  ///< the shape, for other implementations
  std::vector<Operand> operands;
  double bytes = 0;  ///< each tensor read or written once
  double flops = 0;  ///< of matrix products; 0: memory alone binds

  std::function<Call(const Device&, const Tensors&)> prepare;

  /// The same on the CPU in F32, where that is not what `prepare` gives: null if it is. Tensors are F32 where the task's are BF16.
  std::function<void(const Device& cpu, const Tensors&)> reference;
  /// Absolute error that each output may have besides the rounding to its type, from the reference's values; empty for an exact output.
  /// Null: the task is linear in its inputs, and `terms` products of their magnitudes are summed (see check.cpp).
  std::function<std::vector<std::vector<double>>(const Host& reference)> slack;
  int64_t terms = 1;
  /// Replaces expected values by some that follow from what the device gave (statistics of y as it was stored).
  std::function<void(const Host& actual, Host* expected)> adjust;
};

/// Makes a task for a type: tasks for BF16 have an F32 twin with the same shapes.
using Maker = std::function<Task(oct_dtype)>;

/// All tasks; each maker is called for F32 and for BF16 where `types` of its task says so. `problems`
/// takes what is wrong with the files of shapes.
std::vector<Maker> all_tasks(const Choice& choice, std::set<std::string>* problems);

void add_convolutions(const Choice& choice, std::vector<Maker>* all);
void add_linear(const Choice& choice, std::vector<Maker>* all);
void add_losses(const Choice& choice, std::vector<Maker>* all);
void add_batch_norm(const Choice& choice, std::vector<Maker>* all);
void add_pointwise(const Choice& choice, std::vector<Maker>* all);
void add_pools(const Choice& choice, std::vector<Maker>* all);
void add_optimizer(const Choice& choice, std::vector<Maker>* all);
void add_images(const Choice& choice, std::vector<Maker>* all);

/// "grouped_conv.forward bf16 ..."
std::string name_of(const Task& task);
/// Bytes of the tensors that the operands name, each once.
double bytes_of(const std::vector<Operand>& operands);

/// Memory for every operand and the workspace of a task on a device.
class Placed {
 public:
  Placed(const Device& device, const Task& task);
  void prepare(const Task& task);  // by the variant in force, and binds
  void run() const { call_.run(); }
  void write(const Task& task, const Host& values) const;
  Host read(const Task& task) const;

  Tensors tensors;

 private:
  const Device* device_;
  std::vector<Memory> memory_;
  Call call_;
};

/// Values of the inputs, rounded to the types of the task; a function of the seed. Outputs stay empty.
Host random_inputs(const Task& task, uint64_t seed);

}  // namespace oct::bench
