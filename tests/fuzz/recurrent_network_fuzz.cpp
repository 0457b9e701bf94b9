// Any bytes as a recurrent network's file, as sequences in tensors, as a saccade, as text: a ModelError, or something
// that can be worked with.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "quant_models/data/zip_archive.hpp"
#include "quant_models/model_error.hpp"
#include "quant_models/recurrent/corpus.hpp"
#include "quant_models/recurrent/event_network.hpp"
#include "quant_models/recurrent/network_file.hpp"
#include "quant_models/recurrent/sequences.hpp"

namespace {

using namespace flashcell::quant;

template <class Call>
void try_to(Call call) {
  try {
    call();
  } catch (const ModelError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  try_to([&] {
    read_zip(bytes, "fuzz.npz", uint64_t{1} << 24);  // memory stays small
    try_to([&] {
      const RecurrentNetwork network = parse_network(bytes, "fuzz.npz");
      if (!fault_of(network).empty()) std::abort();
      EventNetwork run(network);
      run.step(std::vector<float>(static_cast<size_t>(network.inputs()), 1.0F));
      if (run.decode().size() != network.names.size()) std::abort();
    });
    const SequenceSet set = parse_tensors(bytes, "fuzz.npz");
    if (set.train.values.size() != static_cast<size_t>(set.train.count * set.train.steps * set.train.inputs))
      std::abort();
  });
  try_to([&] { bin_events(parse_nmnist(bytes, "fuzz.bs2"), {}); });
  try_to([&] {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Vocabulary vocabulary = make_vocabulary(text, 5, "fuzz.txt");
    if (vocabulary.words().size() > 5) std::abort();
    for (const int32_t token : tokens_of(text, vocabulary, "fuzz.txt"))
      if (token < 0 || static_cast<size_t>(token) >= vocabulary.words().size()) std::abort();
  });
  return 0;
}
