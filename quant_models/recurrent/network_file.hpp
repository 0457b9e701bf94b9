#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "quant_models/recurrent/egru.hpp"

// A recurrent network as a .npz file, which NumPy reads as well. `description`: JSON as bytes (format, task, cell,
// hidden, zoneout of each layer); `names`: the vocabulary or the classes, one a line, as bytes; `embedding`, `decoder`,
// `decoder_biases`; of layer i `layer<i>.input_weights`, `.recurrent_weights`, `.input_biases`, `.recurrent_biases`,
// `.thresholds`, as egru.hpp lays them out, float32.
namespace flashcell::quant {

/// The file's bytes; equal networks give equal bytes.
std::string network_bytes(const RecurrentNetwork& network);

/// Throws ModelError with `name`: what the network lacks, or that it is none.
RecurrentNetwork parse_network(std::span<const uint8_t> file, const std::string& name);
RecurrentNetwork read_network(const std::string& path);

}  // namespace flashcell::quant
