#include "report.h"

#include <algorithm>

namespace oct::bench {

Floor floor_of(const std::vector<Ceiling>& ceilings, const std::string& dtype, double bytes, double flops) {
  double copy = 0;
  double products = 0;
  for (const Ceiling& ceiling : ceilings) {
    if (ceiling.kind == "copy") copy = std::max(copy, ceiling.rate);
    if (ceiling.kind == "product" && ceiling.dtype == dtype) products = std::max(products, ceiling.rate);
  }
  const double memory_time = copy > 0 ? bytes / copy / 1e3 : 0;
  const double product_time = products > 0 ? flops / products / 1e6 : 0;
  return product_time > memory_time ? Floor{product_time, "products"} : Floor{memory_time, "memory"};
}

Json to_json(const Task& task) {
  Json json = Json::make_object();
  json.set("operation") = task.operation;
  json.set("pass") = task.pass;
  json.set("shape") = task.shape;
  json.set("dtype") = name_of(task.dtype);
  json.set("bytes") = task.bytes;
  json.set("flops") = task.flops;
  Json numbers = Json::make_object();
  for (const auto& [name, number] : task.numbers) numbers.set(name) = static_cast<double>(number);
  json.set("numbers") = numbers;
  return json;
}

Json to_json(const Report& report) {
  Json json = Json::make_object();
  json.set("format") = "octothorpe-bench 1";
  json.set("implementation") = report.implementation;
  json.set("device") = report.device;
  json.set("driver") = report.driver;
  json.set("clocks") = report.clocks;
  json.set("commit") = report.commit;
  json.set("date") = report.date;
  json.set("note") = report.emulated ? "emulated: not a speed" : "";
  Json ceilings = Json::make_list();
  for (const Ceiling& ceiling : report.ceilings) {
    Json one = Json::make_object();
    one.set("name") = ceiling.name;
    one.set("kind") = ceiling.kind;
    one.set("dtype") = ceiling.dtype;
    one.set("rate") = ceiling.rate;
    ceilings.list.push_back(one);
  }
  json.set("ceilings") = ceilings;
  Json records = Json::make_list();
  for (const Record& record : report.records) {
    Json one = to_json(record.task);
    one.set("variant") = record.variant;
    one.set("cold_us") = record.cold.microseconds;
    one.set("cold_error") = record.cold.error;
    one.set("warm_us") = record.warm.microseconds;
    one.set("warm_error") = record.warm.error;
    one.set("samples") = record.cold.samples;
    records.list.push_back(one);
  }
  json.set("records") = records;
  return json;
}

}  // namespace oct::bench
