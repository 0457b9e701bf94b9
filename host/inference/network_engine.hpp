#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "quant_models/packed/packed_model.hpp"

namespace flashcell::host {

/// Whatever computes a packed model's outputs from its inputs. One thread at a time.
class NetworkEngine {
 public:
  NetworkEngine() = default;
  virtual ~NetworkEngine() = default;
  NetworkEngine(const NetworkEngine&) = delete;
  NetworkEngine& operator=(const NetworkEngine&) = delete;

  virtual size_t input_bytes() const = 0;    ///< of one item
  virtual size_t output_bytes() const = 0;   ///< of one item
  virtual size_t items_at_once() const = 0;  ///< that are best given together
  /// `inputs`, `outputs`: as Engine::run() has them. `first`: number of the first item in a whole run; what is by
  /// chance depends on it.
  virtual void run(std::span<const uint8_t> inputs, size_t items, std::span<uint8_t> outputs, uint64_t first) = 0;
};

/// Makes one for each thread.
using EngineFactory = std::function<std::unique_ptr<NetworkEngine>(const quant::PackedModel& model)>;

/// On the CPU's best instruction set. Throws as Engine's constructor.
std::unique_ptr<NetworkEngine> make_cpu_engine(const quant::PackedModel& model);

/// Number of an object of a frame in a whole run; of pictures of whole frames `object` is 0.
inline uint64_t item_number(int64_t frame, size_t object = 0) {
  constexpr int kObjectBits = 20;  // label.max_objects
  return static_cast<uint64_t>(frame) << kObjectBits | object;
}

}  // namespace flashcell::host
