// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include "support/simulated_inode.hpp"

#include <pop3/mailbox/file_system.hpp>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace test {

/// The names on a `simulated_disk`: those that programs see, and those that are on the disk.
class simulated_names {
public:
    using file = std::shared_ptr<simulated_inode>;
    using map = std::map<std::string, file>;

    const map& files() const
    {
        return files_;
    }

    /// What would surely be left, but for a name whose removal was not synced.
    map durable_files() const
    {
        map left;
        for (const auto& [path, f] : durable_files_)
            if (is_durable(pop3::detail::directory_of(path)))
                left.emplace(path, f);
        return left;
    }

    /// Null if there is none.
    file find(const std::string& path) const
    {
        const auto found = files_.find(path);
        return found == files_.end() ? nullptr : found->second;
    }

    bool has_directory(const std::string& path) const
    {
        return directories_.contains(path);
    }

    bool has_directory_of(const std::string& path) const
    {
        return has_directory(pop3::detail::directory_of(path));
    }

    /// Durable, at once.
    void put(const std::string& path, file f)
    {
        files_[path] = durable_files_[path] = std::move(f);
    }

    void make(const std::string& path, file f)
    {
        change({}, path, std::move(f));
    }

    void make_directory(const std::string& path)
    {
        directories_.insert(path);
    }

    void move(const std::string& from, const std::string& to)
    {
        change(from, to, find(from));
    }

    void remove(const std::string& path)
    {
        change(path, {}, {});
    }

    std::vector<std::string> list(const std::string& path) const
    {
        std::vector<std::string> all;
        const auto add = [&](const std::string& name) {
            if (name != path && pop3::detail::directory_of(name) == path)
                all.push_back(name.substr(name.rfind('/') + 1));
        };
        for (const auto& d : directories_)
            add(d);
        for (auto f = files_.lower_bound(path == "." ? "" : path + '/'); f != files_.end(); ++f) {
            if (path != "." && !f->first.starts_with(path + '/'))
                break;
            add(f->first);
        }
        return all;
    }

    /// All that was done to the names in a directory is on the disk. Of a move to or from another one, perhaps no more than that;
    /// but a file that had a name on the disk has one at each moment.
    void sync(const std::string& path, std::minstd_rand& random)
    {
        std::vector<pending> left;
        std::set<std::string> made_now;
        for (auto& c : changes_) {
            const bool removes = c.removed_in == path;
            const bool makes = c.made_in == path;
            if ((!removes && !makes) || c.lost) {
                left.push_back(std::move(c));
                continue;
            }
            auto rest = c;
            const bool splits = makes || made_now.contains(c.removed);
            if (removes || !splits)
                rest.removed.clear();
            else
                c.removed.clear();
            if (makes || !splits || random() % 2 == 0)
                rest.made.clear();
            else
                c.made.clear();
            c.apply(durable_files_);
            made_now.insert(c.made);
            if (!rest.removed.empty() || !rest.made.empty())
                left.push_back(std::move(rest));
        }
        changes_ = std::move(left);
        for (const auto& d : directories_)
            if (pop3::detail::directory_of(d) == path)
                durable_directories_.insert(d);
    }

    /// No later sync makes good what is not done now.
    void fail_sync(const std::string& path)
    {
        for (auto& c : changes_)
            c.lost = c.lost || c.removed_in == path || c.made_in == path;
    }

    /// The power goes: of the changes that were not synced some are done.
    void lose(std::minstd_rand& random)
    {
        for (const auto& c : changes_)
            if (random() % 2 == 0)
                c.apply(durable_files_);
        changes_.clear();
        std::set<std::string> left;
        for (const auto& d : directories_) // each behind the one that it is in
            if (d == "." || (left.contains(pop3::detail::directory_of(d)) &&
                             (durable_directories_.contains(d) || random() % 2 == 0)))
                left.insert(d);
        directories_ = durable_directories_ = left;
        std::erase_if(durable_files_, [&](const auto& f) { return !has_directory_of(f.first); });
        files_ = durable_files_;
    }

private:
    bool is_durable(const std::string& directory) const
    {
        return directory == "." || (durable_directories_.contains(directory) &&
                                    is_durable(pop3::detail::directory_of(directory)));
    }

    /// Of one name or two, done at once.
    struct pending {
        void apply(map& to) const
        {
            if (!removed.empty())
                to.erase(removed);
            if (!made.empty())
                to[made] = what;
        }

        std::string removed;
        std::string removed_in;
        std::string made;
        std::string made_in;
        file what;
        bool lost = false;
    };

    void change(const std::string& removed, const std::string& made, file what)
    {
        pending c{removed,
                  removed.empty() ? "" : pop3::detail::directory_of(removed),
                  made,
                  made.empty() ? "" : pop3::detail::directory_of(made),
                  std::move(what),
                  false};
        c.apply(files_);
        changes_.push_back(std::move(c));
    }

    map files_;
    map durable_files_;
    std::vector<pending> changes_;
    std::set<std::string> directories_{"."};
    std::set<std::string> durable_directories_{"."};
};

} // namespace test
