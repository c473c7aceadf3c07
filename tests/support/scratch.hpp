// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <unistd.h>

namespace test {

/// A folder that is there as long as this.
class scratch {
public:
    scratch()
    {
        std::string name = (std::filesystem::temp_directory_path() / "pop3-test.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::filesystem::filesystem_error("mkdtemp", name, {});
        path_ = name;
    }

    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;

    ~scratch()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    /// The name of a file in it.
    std::string path(const std::string& name = {}) const
    {
        return (path_ / name).string();
    }

    /// A file in it, with this text.
    std::string file(const std::string& name, const std::string& text) const
    {
        std::ofstream(path(name), std::ios::binary) << text;
        return path(name);
    }

private:
    std::filesystem::path path_;
};

/// Sets a variable of the environment, or removes it, until the end.
class environment {
public:
    environment(const char* name, const std::optional<std::string>& value) : name_(name)
    {
        if (const char* const old = std::getenv(name))
            old_ = old;
        set(value);
    }

    environment(const environment&) = delete;
    environment& operator=(const environment&) = delete;

    ~environment()
    {
        set(old_);
    }

private:
    void set(const std::optional<std::string>& value)
    {
        if (value)
            ::setenv(name_, value->c_str(), 1);
        else
            ::unsetenv(name_);
    }

    const char* name_;
    std::optional<std::string> old_;
};

} // namespace test
