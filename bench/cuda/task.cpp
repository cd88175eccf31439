#include "task.h"

namespace oct::bench {

std::vector<Maker> all_tasks(const Choice& chosen, std::set<std::string>* problems) {
  Choice choice = chosen;
  choice.problems = problems;
  std::vector<Maker> all;
  add_convolutions(choice, &all);
  add_linear(choice, &all);
  add_losses(choice, &all);
  add_batch_norm(choice, &all);
  add_pointwise(choice, &all);
  add_pools(choice, &all);
  add_optimizer(choice, &all);
  add_images(choice, &all);
  return all;
}

std::string name_of(const Task& task) { return task.operation + "." + task.pass + " " + name_of(task.dtype) + " " + task.shape; }

double bytes_of(const std::vector<Operand>& operands) {
  double bytes = 0;
  for (const Operand& operand : operands) {
    const double once = static_cast<double>(product(operand.shape)) * static_cast<double>(bytes_of(operand.dtype));
    bytes += operand.role == Role::both ? 2 * once : once;
  }
  return bytes;
}

Placed::Placed(const Device& device, const Task& task) : device_(&device) {
  for (const Operand& operand : task.operands) {
    memory_.emplace_back(device.context(), static_cast<size_t>(product(operand.shape)) * bytes_of(operand.dtype));
    tensors.push_back(tensor_of(memory_.back().data(), operand.dtype, operand.shape));
  }
}

void Placed::prepare(const Task& task) {
  call_ = Call();  // its scratch memory goes before the next is taken
  call_ = task.prepare(*device_, tensors);
  call_.bind();
}

void Placed::write(const Task& task, const Host& values) const {
  for (size_t i = 0; i < task.operands.size(); ++i) {
    if (task.operands[i].role != Role::output) {
      device_->write(tensors[i], values[i]);
      continue;
    }
    // 0xff everywhere is NaN in every float type: what is not written is seen.
    const std::vector<uint8_t> poison(static_cast<size_t>(elements(tensors[i])) * bytes_of(tensors[i].dtype), 0xff);
    if (!poison.empty()) device_->write_bytes(tensors[i].data, poison.data(), poison.size());
  }
}

Host Placed::read(const Task& task) const {
  Host values(tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (task.operands[i].role != Role::input) values[i] = device_->read(tensors[i]);
  }
  return values;
}

Host random_inputs(const Task& task, uint64_t seed) {
  Host values(task.operands.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const Operand& operand = task.operands[i];
    if (operand.role == Role::output) continue;
    if (!is_float(operand.dtype)) {
      values[i].bytes = operand.bytes();
      continue;
    }
    std::mt19937_64 random(seed * 1000 + i);
    values[i].floats.resize(static_cast<size_t>(product(operand.shape)));
    for (float& value : values[i].floats) {
      const auto unit = static_cast<float>(random() >> 40) * 0x1p-24f;
      value = operand.low + (operand.high - operand.low) * unit;
      if (operand.dtype == OCT_BF16) value = from_bf16(to_bf16(value));
    }
  }
  return values;
}

}  // namespace oct::bench
