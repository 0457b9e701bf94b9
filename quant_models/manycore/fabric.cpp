#include "quant_models/manycore/fabric.hpp"

namespace flashcell::quant::manycore {

Fabric::Fabric(const Chip& chip, const ChipGrid& grid)
    : mesh_(chip),
      flit_(duration(1, chip.mesh_mhz)),
      hop_(duration(chip.hop_clocks, chip.mesh_mhz)),
      router_slot_(duration(1, chip.router_mhz)),
      router_latency_(duration(chip.router_latency_clocks, chip.router_mhz)),
      link_slot_(
          static_cast<Picoseconds>(static_cast<double>(chip.packet_bits + chip.payload_bits) * 1e3 / chip.link_rate)),
      link_latency_(static_cast<Picoseconds>(chip.link_latency_ns * 1e3)),
      memory_latency_(static_cast<Picoseconds>(chip.memory_latency_ns * 1e3)),
      memory_rate_(chip.memory_rate),
      flit_bytes_(std::max<int64_t>(1, chip.flit_payload_bits / 8)),
      links_(static_cast<size_t>(mesh_.links() * grid.chips())),
      routers_(static_cast<size_t>(grid.chips())),
      memories_(routers_.size()),
      chip_links_(static_cast<size_t>(ChipGrid::kLinks * grid.chips())),
      reached_(static_cast<size_t>(mesh_.nodes())),
      delivered_(reached_.size()),
      reached_mark_(reached_.size()),
      delivered_mark_(reached_.size()) {}

Train Fabric::cross(int chip, int node, Direction direction, const Train& train, int64_t flits) {
  Server& link = links_[static_cast<size_t>(chip * mesh_.links() + Mesh::link(node, direction))];
  const Train through = link.serve(train, flits, flit_);
  // The hop's clocks contain the one in which a flit takes the link.
  const Picoseconds rest = hop_ > flit_ ? hop_ - flit_ : 0;
  return {through.first + rest, through.last + rest};
}

Train Fabric::route(int chip, const Train& train, int64_t packets) {
  const Train through = routers_[static_cast<size_t>(chip)].serve(train, packets, router_slot_);
  return {through.first + router_latency_, through.last + router_latency_};
}

Train Fabric::leave(int chip, int link, const Train& train, int64_t packets) {
  const Train through =
      chip_links_[static_cast<size_t>(chip * ChipGrid::kLinks + link)].serve(train, packets, link_slot_);
  return {through.first + link_latency_, through.last + link_latency_};
}

Picoseconds Fabric::fetch(int chip, int node, int64_t bytes, Picoseconds now) {
  fetched_bytes_ += bytes;
  const auto time = static_cast<Picoseconds>(static_cast<double>(bytes) * 1e3 / memory_rate_);
  const Picoseconds read = memories_[static_cast<size_t>(chip)].serve({now, now}, 1, time).first;
  const int64_t flits = (bytes + flit_bytes_ - 1) / flit_bytes_;
  if (flits == 0) return read + memory_latency_;
  Train train{read - time + memory_latency_, read + memory_latency_};
  for (int at = mesh_.memory(); at != node;) {
    const Direction direction = mesh_.next(at, node);
    train = cross(chip, at, direction, train, flits);
    at = mesh_.neighbour(at, direction);
  }
  return cross(chip, node, kToElements, train, flits).last;
}

Fabric::Copies::Copies(Fabric& fabric, int chip, const Train& train, int64_t flits)
    : fabric_(fabric), chip_(chip), flits_(flits) {
  ++fabric_.mark_;
  const auto router = static_cast<size_t>(fabric_.mesh_.router());
  fabric_.reached_[router] = train;
  fabric_.reached_mark_[router] = fabric_.mark_;
}

const Train& Fabric::Copies::reach(int node) {
  const auto place = static_cast<size_t>(node);
  if (fabric_.reached_mark_[place] == fabric_.mark_) return fabric_.reached_[place];
  // The node before on the way from the router: along the row first, so back along the column first.
  const Mesh& mesh = fabric_.mesh_;
  const int columns = mesh.columns(), row = node / columns - mesh.router() / columns;
  const int before = row > 0                                    ? node - columns
                     : row < 0                                  ? node + columns
                     : node % columns > mesh.router() % columns ? node - 1
                                                                : node + 1;
  const Train from = reach(before);
  fabric_.reached_[place] = fabric_.cross(chip_, before, mesh.next(before, node), from, flits_);
  fabric_.reached_mark_[place] = fabric_.mark_;
  return fabric_.reached_[place];
}

const Train& Fabric::Copies::at(int node) {
  const auto place = static_cast<size_t>(node);
  if (fabric_.delivered_mark_[place] != fabric_.mark_) {
    fabric_.delivered_[place] = fabric_.cross(chip_, node, kToElements, reach(node), flits_);
    fabric_.delivered_mark_[place] = fabric_.mark_;
  }
  return fabric_.delivered_[place];
}

}  // namespace flashcell::quant::manycore
