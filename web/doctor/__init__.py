"""`vigie doctor`: looks at a deployment, says what is well, what is wrong and how to mend it, and changes nothing.

`ground`      what the environment says, wrong settings left out and told
`settings`    whether the settings go together, and keep people safe
`machine`     this machine: the data folder, the default servers, how many files may be open
`serving`     the hub that listens here
`outside`     the public address as a browser meets it: certificate, readiness, addresses, sockets
`rounds`      everything in order, side by side where it may wait
`report`      what is printed, for people and for machines
"""
