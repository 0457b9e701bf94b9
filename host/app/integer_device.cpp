#include "host/app/integer_device.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "host/inference/engine/engine.hpp"
#include "host/inference/reference/reference.hpp"
#include "kernels_hls/qcnn/kernels.hpp"
#include "quant_models/packed/kernel_image.hpp"

namespace flashcell::app {
namespace {

constexpr size_t kWordBytes = 64;
using Words = std::vector<ap_uint<512>>;

[[noreturn]] void refuse(const std::string& name) {
  std::string targets;
  for (const host::inference::Target target : host::inference::supported_targets())
    targets += fmt::format(", cpu:{}", host::inference::name_of(target));
  throw Error(Fault::usage, fmt::format("--device {}: there is no such device; this machine has reference, cpu{}, hls",
                                        printable(name), targets));
}

IntegerDevice cpu_device(const std::string& name, const quant::PackedModel& model) {
  const std::vector<host::inference::Target> targets = host::inference::supported_targets();
  const auto target =
      name == "cpu" ? targets.end() - 1 : std::find_if(targets.begin(), targets.end(), [&](host::inference::Target t) {
        return name == std::string("cpu:") + host::inference::name_of(t);
      });
  if (target == targets.end()) refuse(name);
  const auto engine = std::make_shared<host::Engine>(model, *target);
  return {std::string("cpu:") + host::inference::name_of(*target),
          [engine](std::span<const uint8_t> inputs, std::span<uint8_t> outputs) { engine->run(inputs, 1, outputs); }};
}

Words words_of(std::span<const uint8_t> bytes) {
  Words words((bytes.size() + kWordBytes - 1) / kWordBytes);
  for (size_t i = 0; i < bytes.size(); i += sizeof(uint64_t)) {
    uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + i, std::min(sizeof eight, bytes.size() - i));
    const int bit = static_cast<int>(8 * (i % kWordBytes));
    words[i / kWordBytes].range(bit + 63, bit) = eight;
  }
  return words;
}

IntegerDevice hls_device(const quant::PackedModel& model) {
  const contract::QcnnBuild* build = quant::build_for(model);
  if (build == nullptr)
    throw Error(Fault::device,
                "--device hls: the network is too large for every build of the kernel, or has layers that it does not "
                "run; `flashcell model "
                "inspect` shows what it takes");
  const auto kernel = build->name == std::string_view("qcnn_small_v2") ? qcnn_small_v2 : qcnn_large_v2;
  const auto image = std::make_shared<const Words>(words_of(quant::kernel_image(model)));
  return {"hls", [kernel, image](std::span<const uint8_t> inputs, std::span<uint8_t> outputs) {
            const Words in = words_of(inputs);
            Words out((outputs.size() + kWordBytes - 1) / kWordBytes + 1);
            kernel(image->data(), in.data(), out.data(), 1, 1);
            if (static_cast<contract::QcnnStatus>(static_cast<uint32_t>(out.back().range(31, 0))) !=
                contract::QcnnStatus::done)
              throw Error(Fault::device, "--device hls: the kernel refused the network");
            for (size_t i = 0; i < outputs.size(); ++i) {
              const int bit = static_cast<int>(8 * (i % kWordBytes));
              outputs[i] = static_cast<uint8_t>(out[i / kWordBytes].range(bit + 7, bit));
            }
          }};
}

}  // namespace

IntegerDevice make_integer_device(const std::string& name, const quant::PackedModel& model) {
  if (name == "reference")
    return {name, [&model](std::span<const uint8_t> inputs, std::span<uint8_t> outputs) {
              host::run_reference(model, inputs, 1, outputs);
            }};
  if (name == "hls") return hls_device(model);
  if (name == "cpu" || name.starts_with("cpu:")) return cpu_device(name, model);
  refuse(name);
}

}  // namespace flashcell::app
