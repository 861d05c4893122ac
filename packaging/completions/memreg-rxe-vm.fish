complete -c memreg-rxe-vm -l kernel -r -a 'stable newest 6.12'
complete -c memreg-rxe-vm -l driver -x -a 'rxe siw both'
complete -c memreg-rxe-vm -l accel -x -a 'auto tcg kvm'
complete -c memreg-rxe-vm -l user -x -a '(__fish_complete_users)'
complete -c memreg-rxe-vm -l module -r
complete -c memreg-rxe-vm -l output -r
complete -c memreg-rxe-vm -l pack -r
complete -c memreg-rxe-vm -l memory -x
complete -c memreg-rxe-vm -l cpus -x
complete -c memreg-rxe-vm -l hugepages -x
complete -c memreg-rxe-vm -l devices -x
complete -c memreg-rxe-vm -l timeout -x
complete -c memreg-rxe-vm -l append -x
complete -c memreg-rxe-vm -l refresh
complete -c memreg-rxe-vm -l deterministic
complete -c memreg-rxe-vm -l shell
complete -c memreg-rxe-vm -l help
complete -c memreg-rxe-vm -n 'not string match -q -- "-*" (commandline -ct)' -x -a '(__fish_complete_subcommand)'
