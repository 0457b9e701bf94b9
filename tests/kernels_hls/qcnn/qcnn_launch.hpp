#pragma once
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "kernels_hls/qcnn/kernels.hpp"
#include "quant_models/packed/kernel_image.hpp"

// Kernel qcnn, its sources compiled for the CPU, on a model.
namespace flashcell::test {

using QcnnWords = std::vector<ap_uint<512>>;

inline QcnnWords words_of(std::span<const uint8_t> bytes) {
  QcnnWords words((bytes.size() + 63) / 64);
  for (size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t eight = 0;
    std::memcpy(&eight, bytes.data() + i, std::min<size_t>(8, bytes.size() - i));
    const int bit = static_cast<int>(8 * (i % 64));
    words[i / 64].range(bit + 63, bit) = eight;
  }
  return words;
}

inline uint8_t byte_of(const QcnnWords& words, size_t index) {
  const int bit = static_cast<int>(8 * (index % 64));
  return static_cast<uint8_t>(words[index / 64].range(bit + 7, bit));
}

/// What became of a launch.
struct QcnnLaunch {
  contract::QcnnStatus status;
  uint32_t version, sequence;
  std::vector<uint8_t> outputs;
};

using QcnnKernel = void (*)(const ap_uint<512>*, const ap_uint<512>*, ap_uint<512>*, uint32_t, uint32_t);

inline QcnnLaunch launch_qcnn(QcnnKernel kernel, const quant::PackedModel& model, std::span<const uint8_t> inputs,
                              size_t items) {
  const QcnnWords image = words_of(quant::kernel_image(model));
  const size_t input_bytes = quant::bytes_of_role(model, contract::kInputTensor);
  const size_t output_bytes = quant::bytes_of_role(model, contract::kOutputTensor),
               item_words = (output_bytes + 63) / 64;
  QcnnWords in;
  for (size_t item = 0; item < items; ++item) {
    const QcnnWords one = words_of(inputs.subspan(item * input_bytes, input_bytes));
    in.insert(in.end(), one.begin(), one.end());
  }
  QcnnWords out(items * item_words + 1);
  kernel(image.data(), in.data(), out.data(), static_cast<uint32_t>(items), 5);
  const ap_uint<512>& result = out.back();
  QcnnLaunch launch = {static_cast<contract::QcnnStatus>(result.range(31, 0)),
                       static_cast<uint32_t>(result.range(63, 32)),
                       static_cast<uint32_t>(result.range(95, 64)),
                       {}};
  for (size_t item = 0; item < items; ++item) {
    for (size_t i = 0; i < output_bytes; ++i) launch.outputs.push_back(byte_of(out, item * item_words * 64 + i));
  }
  return launch;
}

}  // namespace flashcell::test
