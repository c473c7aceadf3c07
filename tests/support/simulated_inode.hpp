// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace test {

/// The octets of a file of a `simulated_disk`: those that programs see, and those that are on the disk.
class simulated_inode {
public:
    explicit simulated_inode(unsigned number, std::string octets = {})
        : number_(number), data_(std::move(octets)), durable_(data_), stable_(data_.size())
    {
    }

    /// In the order in which files were made.
    unsigned number() const
    {
        return number_;
    }

    const std::string& data() const
    {
        return data_;
    }

    /// What would surely be left.
    std::string durable() const
    {
        return durable_.substr(0, stable_);
    }

    void append(std::string_view octets)
    {
        data_.append(octets);
    }

    void truncate(std::size_t size)
    {
        data_.resize(size);
        stable_ = (std::min)(stable_, size);
        lost_to_ = (std::min)(lost_to_, size);
        lost_from_ = (std::min)(lost_from_, lost_to_);
    }

    /// What a sync before could not write is perhaps not written by this one, either.
    void sync(std::minstd_rand& random)
    {
        durable_.resize(stable_);
        durable_.append(data_, stable_);
        if (lost_from_ != lost_to_ && random() % 2 == 0)
            spoil(lost_from_, lost_to_, random);
        lost_from_ = lost_to_ = 0;
        stable_ = data_.size();
    }

    void fail_sync()
    {
        if (lost_from_ == lost_to_)
            lost_from_ = stable_;
        lost_to_ = data_.size();
    }

    /// The power goes. Of what was not synced some was written, in its order; or the size was, and not what is in it.
    void lose(std::minstd_rand& random)
    {
        const bool keeps_end = stable_ < durable_.size() && random() % 2 == 0;
        if (!keeps_end) {
            const auto written = data_.size() - stable_;
            const auto kept = written == 0 ? 0 : random() % (written + 1);
            durable_.resize(stable_);
            durable_.append(data_, stable_, kept);
            if (kept != 0 && random() % 2 == 0)
                spoil(stable_, stable_ + kept, random);
        }
        data_ = durable_;
        stable_ = data_.size();
        lost_from_ = lost_to_ = 0;
    }

    /// Who has it locked.
    const void* locked_by = nullptr;

private:
    void spoil(std::size_t from, std::size_t to, std::minstd_rand& random)
    {
        const bool garbage = random() % 2 == 0;
        for (; from != to; ++from)
            durable_[from] = garbage ? static_cast<char>(random()) : '\0';
    }

    unsigned number_;
    std::string data_;
    std::string durable_;
    std::size_t stable_; // so much of both is the same, as far as a program knows
    std::size_t lost_from_ = 0;
    std::size_t lost_to_ = 0; // a sync of these octets failed
};

} // namespace test
