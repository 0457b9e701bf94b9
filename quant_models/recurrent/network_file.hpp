#pragma once
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "quant_models/data/numpy_file.hpp"
#include "quant_models/recurrent/egru.hpp"

// A recurrent network as a .npz file, which NumPy reads as well. `description`: JSON as bytes (format, task, cell,
// hidden, zoneout of each layer); `names`: the vocabulary or the classes, one a line, as bytes; of convolution i of a
// head `head<i>.weights` and `.biases`; `embedding`, `decoder`, `decoder_biases`; of layer i `layer<i>.input_weights`,
// `.recurrent_weights`, `.input_biases`, `.recurrent_biases`,
// `.thresholds`, as egru.hpp lays them out, float32.
namespace flashcell::quant {

/// The file's bytes; equal networks give equal bytes.
std::string network_bytes(const RecurrentNetwork& network);

/// Throws ModelError with `name`: what the network lacks, or that it is none.
RecurrentNetwork parse_network(std::span<const uint8_t> file, const std::string& name);
RecurrentNetwork read_network(const std::string& path);

// The same for files that hold more than a network.

using NamedArrays = std::vector<std::pair<std::string, NumpyArray>>;

NamedArrays network_arrays(const RecurrentNetwork& network);
/// Throws as parse_network().
RecurrentNetwork network_in(const std::map<std::string, NumpyArray>& arrays, const std::string& name);

/// Text as bytes, and numbers as float32; and back. text_in() throws ModelError with `name` where there is none under
/// this key, numbers_in() where it is of another type; of a key that is not there it returns no numbers.
NumpyArray text_array(const std::string& text);
NumpyArray number_array(const std::vector<float>& numbers);
std::string text_in(const std::map<std::string, NumpyArray>& arrays, const std::string& key, const std::string& name);
std::vector<float> numbers_in(const std::map<std::string, NumpyArray>& arrays, const std::string& key,
                              const std::string& name);

}  // namespace flashcell::quant
