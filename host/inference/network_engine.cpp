#include "host/inference/network_engine.hpp"

#include "host/inference/engine/engine.hpp"

namespace flashcell::host {
namespace {

class CpuEngine final : public NetworkEngine {
 public:
  explicit CpuEngine(const quant::PackedModel& model) : engine_(model) {}

  size_t input_bytes() const override { return engine_.input_bytes(); }
  size_t output_bytes() const override { return engine_.output_bytes(); }
  size_t items_at_once() const override { return engine_.items_at_once(); }
  void run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs, uint64_t) override {
    engine_.run(inputs, items, outputs);
  }

 private:
  Engine engine_;
};

}  // namespace

std::unique_ptr<NetworkEngine> make_cpu_engine(const quant::PackedModel& model) {
  return std::make_unique<CpuEngine>(model);
}

}  // namespace flashcell::host
