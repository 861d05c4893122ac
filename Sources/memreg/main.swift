import MemRegCommands

MemRegCommand.runToExit()
