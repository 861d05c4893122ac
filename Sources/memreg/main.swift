import ArgumentParser
import MemRegCommands

MemRegCommand.main()
