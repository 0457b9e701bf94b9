#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::app {

/// Whatever runs a packed model's integers on one item: inputs and outputs as host::Engine::run() has them.
struct IntegerDevice {
  std::string name;
  std::function<void(std::span<const uint8_t> inputs, std::span<uint8_t> outputs)> run;
};

/// "reference": the arithmetic's definition, value by value. "cpu": the engine on the machine's best instruction set;
/// "cpu:scalar", "cpu:avx2", "cpu:avx512_vnni": on that one. "hls": the FPGA kernel's sources on the CPU.
/// The model must outlive the device. Throws Error(Fault::usage) for other names and instruction sets that the machine
/// lacks, Error(Fault::device) for a model that no build of the kernel can hold.
IntegerDevice make_integer_device(const std::string& name, const quant::PackedModel& model);

}  // namespace flashcell::app
