// Any bytes as a model of actions: refused, or one that runs and is written as it was read.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "host/actions/action_network.hpp"
#include "tests/fuzz/must_blame_the_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace flashcell;
  fuzz::must_parse_or_blame_the_input([&] {
    const host::ActionModel model = host::parse_action_model(std::span(data, size), "fuzz.npz");
    const std::string written = host::action_model_bytes(model);
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(written.data()), written.size());
    if (host::action_model_bytes(host::parse_action_model(bytes, "again.npz")) != written) std::abort();
    host::ActionNetwork network(model);
    host::ActionState state = network.beginning();
    network.step({}, state);
  });
  return 0;
}
