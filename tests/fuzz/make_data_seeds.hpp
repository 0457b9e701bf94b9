#pragma once
#include <filesystem>

namespace flashcell::test {

/// Seeds for the readers of data sets and texts, each in folder/NAME of its fuzzer: generated ones, and small cuts of
/// real files where `data` holds them. False when they cannot be written.
bool make_data_seeds(const std::filesystem::path& folder, const std::filesystem::path& data,
                     const std::filesystem::path& source);

}  // namespace flashcell::test
